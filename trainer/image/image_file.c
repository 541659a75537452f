#include "image_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "message.h"

enum { FIRST_CAPACITY = 64 * 1024 };

/* Reads up to IMAGE_FILE_MAX_BYTES + 1 bytes; the memory grows as they arrive. 0, or -1 with errno. */
static int read_to_end(int fd, image_file *out)
{
    size_t capacity = 0;
    for (;;) {
        if (out->count == capacity) {
            if (capacity > IMAGE_FILE_MAX_BYTES) {
                errno = EFBIG;
                return -1;
            }
            capacity = capacity == 0 ? FIRST_CAPACITY : 2 * capacity;
            uint8_t *larger = realloc(out->bytes, capacity);
            if (larger == NULL) {
                return -1;
            }
            out->bytes = larger;
        }
        const ssize_t more = read(fd, out->bytes + out->count, capacity - out->count);
        if (more == 0) {
            return 0;
        }
        if (more < 0 && errno != EINTR) {
            return -1;
        }
        out->count += more > 0 ? (size_t)more : 0;
    }
}

/* What people have instead, by its first bytes. */
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

static int find_kind(image_file *self, char *message)
{
    if (image_is_png(self->bytes, self->count)) {
        self->kind = IMAGE_FILE_PNG;
    } else if (image_is_pgm(self->bytes, self->count)) {
        self->kind = IMAGE_FILE_PGM;
    } else if (may_be_idx(self->bytes, self->count)) {
        self->kind = IMAGE_FILE_IDX;
    } else {
        return refuse_content(self, message);
    }
    return 0;
}

int image_file_read(image_file *out, const char *path, char *message)
{
    const bool standard = strcmp(path, "-") == 0;
    image_file file = {.name = standard ? "standard input" : path};
    const int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    int status = fd < 0 ? -1 : read_to_end(fd, &file);
    const int cause = errno;
    if (fd >= 0 && !standard) {
        close(fd);
    }
    if (status == 0) {
        status = find_kind(&file, message);
    } else if (cause == EFBIG) {
        message_set(message, "%s: is larger than the %zu MiB that are taken", file.name,
                    IMAGE_FILE_MAX_BYTES >> 20);
    } else {
        message_set(message, "%s: %s", file.name, strerror(cause));
    }
    if (status != 0) {
        free(file.bytes);
        return -1;
    }
    *out = file;
    return 0;
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
