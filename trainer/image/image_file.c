#include "image_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file_read.h"
#include "message.h"

enum { FIRST_BYTES = 8 }; /* enough to know a PNG, which has the longest signature */

/* Common other kinds of files, by their first bytes. */
static const struct {
    const char *bytes;
    const char *is;
} others[] = {
    {"\xff\xd8\xff", "a JPEG"}, {"GIF8", "a GIF"},      {"BM", "a BMP"},   {"RIFF", "a WebP"},
    {"II*", "a TIFF"},          {"MM", "a TIFF"},       {"P1", "a PBM"},   {"P4", "a PBM"},
    {"P3", "a colour PPM"},     {"P6", "a colour PPM"}, {"%PDF", "a PDF"}, {"<svg", "an SVG"},
    {"<?xml", "an SVG"},
};

static int refuse_content(const image_file *self, char *message)
{
    if (self->count == 0) {
        return message_set(message, "%s: is empty", self->name);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        const size_t length = strlen(others[i].bytes);
        if (self->count >= length && memcmp(self->bytes, others[i].bytes, length) == 0) {
            return message_set(message, "%s: is %s: convert it to PNG", self->name, others[i].is);
        }
    }
    return message_set(message, "%s: is neither a PNG or PGM image nor an IDX file of images",
                       self->name);
}

/* IDX begins with two zero bytes. */
static bool may_be_idx(const uint8_t *bytes, size_t count)
{
    return count >= 2 &&
           ((bytes[0] == 0 && bytes[1] == 0) || (bytes[0] == 0x1f && bytes[1] == 0x8b));
}

/* False if the content is of no kind that is taken. */
static bool find_kind(image_file *self)
{
    if (image_is_png(self->bytes, self->count)) {
        self->kind = IMAGE_FILE_PNG;
    } else if (image_is_pgm(self->bytes, self->count)) {
        self->kind = IMAGE_FILE_PGM;
    } else if (may_be_idx(self->bytes, self->count)) {
        self->kind = IMAGE_FILE_IDX;
    } else {
        return false;
    }
    return true;
}

/* 0, or -1 with errno. */
static int read_path(image_file *out, const char *path)
{
    const bool standard = strcmp(path, "-") == 0;
    out->name = standard ? "standard input" : path;
    const int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return -1;
    }
    char *text;
    const int status = descriptor_read_up_to(fd, IMAGE_FILE_MAX_BYTES, &text, &out->count);
    const int cause = errno;
    if (!standard) {
        close(fd);
    }
    out->bytes = (uint8_t *)text;
    errno = cause;
    return status;
}

int image_file_read(image_file *out, const char *path, char *message)
{
    image_file file = {0};
    if (read_path(&file, path) != 0) {
        return errno == EFBIG
                   ? message_set(message, "%s: is larger than the %zu MiB that are taken",
                                 file.name, IMAGE_FILE_MAX_BYTES >> 20)
                   : message_set(message, "%s: %s", file.name, strerror(errno));
    }
    if (!find_kind(&file)) {
        const int refused = refuse_content(&file, message);
        image_file_free(&file);
        return refused;
    }
    *out = file;
    return 0;
}

bool image_file_has_images(const char *path)
{
    uint8_t first[FIRST_BYTES];
    /* Not blocking, in case it is a pipe without a writer. */
    const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    const ssize_t count = read(fd, first, sizeof first);
    close(fd);
    image_file file = {.bytes = first, .count = count > 0 ? (size_t)count : 0};
    return find_kind(&file);
}

int image_file_decode(const image_file *self, image *out, char *message)
{
    return (self->kind == IMAGE_FILE_PNG ? image_png_decode : image_pgm_decode)(
        out, self->bytes, self->count, self->name, message);
}

void image_file_free(image_file *self)
{
    free(self->bytes);
    *self = (image_file){0};
}
