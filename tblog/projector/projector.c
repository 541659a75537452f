/* Writes the files of the Projector page: for each embedding its vectors, labels and thumbnails,
 * and one configuration, a ProjectorConfig in protobuf's text format. */
#include "projector.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "png.h"
#include "refusal.h"

/* ---- Checks ---- */

static bool is_sound_label(const char *label)
{
    return admit(label != NULL, "a label is NULL") && admit_text(label, "a label") &&
           admit(strpbrk(label, "\t\r\n") == NULL, "the label '%s' contains a tab or a line break",
                 label);
}

static bool are_sound_labels(const tblog_embedding *embedding)
{
    if (embedding->labels == NULL) {
        return admit(embedding->label_column_count == 0, "the labels are NULL");
    }
    const size_t columns = embedding->label_column_count;
    if (!admit(columns > 0 && columns <= SIZE_MAX / embedding->row_count,
               "label column count %zu is 0 or too large", columns) ||
        !admit(columns == 1 || embedding->label_names != NULL,
               "several label columns need names")) {
        return false;
    }
    for (size_t i = 0; columns > 1 && i < columns; i++) {
        if (!is_sound_label(embedding->label_names[i])) {
            return false;
        }
    }
    for (size_t i = 0; i < embedding->row_count * columns; i++) {
        if (!is_sound_label(embedding->labels[i])) {
            return false;
        }
    }
    return true;
}

/* Thumbnails per side of the square sheet. */
static size_t sheet_side(const tblog_embedding *embedding)
{
    size_t side = 1;
    while (side * side < embedding->row_count) {
        side++;
    }
    return side;
}

#define LARGE_SHEET "the image of all thumbnails is larger than TensorBoard accepts"

static bool are_sound_thumbnails(const tblog_embedding *embedding)
{
    if (embedding->thumbnails == NULL) {
        return true;
    }
    if (!admit(embedding->thumbnail_width > 0 && embedding->thumbnail_width <= SHEET_SIDE_MAX &&
                   embedding->thumbnail_height > 0 &&
                   embedding->thumbnail_height <= SHEET_SIDE_MAX &&
                   embedding->thumbnail_channels > 0 && embedding->thumbnail_channels <= 4,
               "the thumbnails' width, height or channel count is 0 or too large") ||
        !admit(embedding->row_count <= (size_t)SHEET_SIDE_MAX * SHEET_SIDE_MAX, LARGE_SHEET)) {
        return false;
    }
    const size_t side = sheet_side(embedding);
    return admit(side * embedding->thumbnail_width <= SHEET_SIDE_MAX &&
                     side * embedding->thumbnail_height <= SHEET_SIDE_MAX,
                 LARGE_SHEET);
}

/* TensorBoard's page requests an embedding by its name in a URL, where browsers drop line ends. */
static bool is_one_line(const char *name)
{
    for (; *name != '\0'; name++) {
        if ((unsigned char)*name < ' ') {
            return false;
        }
    }
    return true;
}

static bool is_sound_embedding(const tblog_embedding *embedding)
{
    if (!admit_name(embedding->name, "an embedding's name") ||
        !admit(is_one_line(embedding->name), "the embedding's name contains a control character") ||
        !admit(embedding->vectors != NULL && embedding->row_count > 0 &&
                   embedding->column_count > 0 &&
                   embedding->row_count <= SIZE_MAX / sizeof(float) / embedding->column_count,
               "the embedding '%s' has no vectors, or too many", embedding->name) ||
        !admit(embedding->format == TBLOG_VECTORS_TEXT || embedding->format == TBLOG_VECTORS_BINARY,
               "the embedding '%s' has an unknown format", embedding->name)) {
        return false;
    }
    for (size_t i = 0; i < embedding->row_count * embedding->column_count; i++) {
        if (!isfinite(embedding->vectors[i])) {
            return refuse("vector %zu of '%s' is not finite", i / embedding->column_count,
                          embedding->name);
        }
    }
    return are_sound_labels(embedding) && are_sound_thumbnails(embedding);
}

static bool are_sound_embeddings(const tblog_embedding *embeddings, size_t count)
{
    if (!admit(embeddings != NULL && count > 0, "no embeddings")) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!is_sound_embedding(&embeddings[i])) {
            return false;
        }
        for (size_t j = 0; j < i; j++) {
            if (strcmp(embeddings[i].name, embeddings[j].name) == 0) {
                return refuse("duplicate embedding '%s'", embeddings[i].name);
            }
        }
    }
    return true;
}

/* ---- Files ---- */

static bool write_all(int descriptor, const byte_buffer *bytes)
{
    for (size_t at = 0; at < bytes->size;) {
        const ssize_t count = write(descriptor, bytes->data + at, bytes->size - at);
        if (count < 0 && errno != EINTR) {
            return false;
        }
        at += count < 0 ? 0 : (size_t)count;
    }
    return true;
}

/* Writes the file under a temporary name, then renames it. */
static tblog_status replace_file(int directory, const char *name, const byte_buffer *bytes)
{
    char temporary[FILE_NAME_BYTES + 8];
    snprintf(temporary, sizeof temporary, "%s.tmp", name);
    int descriptor =
        openat(directory, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (descriptor < 0) {
        return TBLOG_IO;
    }
    bool written = write_all(descriptor, bytes);
    int cause = errno;
    if (close(descriptor) != 0 && written) {
        written = false;
        cause = errno;
    }
    if (written && renameat(directory, temporary, directory, name) == 0) {
        return TBLOG_OK;
    }
    if (written) {
        cause = errno;
    }
    (void)unlinkat(directory, temporary, 0);
    errno = cause;
    return TBLOG_IO;
}

/* The thumbnails in order, in a square sheet. */
static bool make_sheet(byte_buffer *png, const tblog_embedding *embedding)
{
    const size_t side = sheet_side(embedding);
    const size_t row_bytes = (size_t)embedding->thumbnail_width * embedding->thumbnail_channels;
    const size_t height = embedding->thumbnail_height;
    uint8_t *sheet = calloc(side * side, row_bytes * height);
    if (sheet == NULL) {
        return false;
    }
    for (size_t i = 0; i < embedding->row_count; i++) {
        uint8_t *corner = sheet + (i / side * height * side + i % side) * row_bytes;
        const uint8_t *thumbnail = embedding->thumbnails + i * height * row_bytes;
        for (size_t y = 0; y < height; y++) {
            memcpy(corner + y * side * row_bytes, thumbnail + y * row_bytes, row_bytes);
        }
    }
    const png_image image = {.pixels = sheet,
                             .width = (uint32_t)side * embedding->thumbnail_width,
                             .height = (uint32_t)side * embedding->thumbnail_height,
                             .channels = embedding->thumbnail_channels};
    const bool done = png_encode(png, &image);
    free(sheet);
    return done;
}

static tblog_status write_embedding(int directory, size_t number, const tblog_embedding *embedding)
{
    static bool (*const makers[])(byte_buffer *, const tblog_embedding *) = {
        [PROJECTOR_VECTORS] = projector_append_vectors,
        [PROJECTOR_LABELS] = projector_append_labels,
        [PROJECTOR_SHEET] = make_sheet};
    const bool wanted[] = {[PROJECTOR_VECTORS] = true,
                           [PROJECTOR_LABELS] = embedding->labels != NULL,
                           [PROJECTOR_SHEET] = embedding->thumbnails != NULL};
    tblog_status status = TBLOG_OK;
    for (size_t i = 0; i < sizeof makers / sizeof makers[0] && status == TBLOG_OK; i++) {
        if (!wanted[i]) {
            continue;
        }
        byte_buffer bytes = {0};
        char name[FILE_NAME_BYTES];
        projector_file_name(name, (projector_file)i, number);
        status =
            makers[i](&bytes, embedding) ? replace_file(directory, name, &bytes) : TBLOG_NO_MEMORY;
        byte_buffer_free(&bytes);
    }
    return status;
}

static tblog_status write_configuration(int directory, const tblog_embedding *embeddings,
                                        size_t count)
{
    byte_buffer bytes = {0};
    bool made = true;
    for (size_t i = 0; i < count && made; i++) {
        made = projector_append_configuration(&bytes, i, &embeddings[i]);
    }
    tblog_status status =
        made ? replace_file(directory, "projector_config.pbtxt", &bytes) : TBLOG_NO_MEMORY;
    byte_buffer_free(&bytes);
    return status;
}

/* Leaves the cause in errno. */
static tblog_status fail(int cause, const char *operation, const char *run_directory)
{
    (void)refuse_failure(operation, cause, run_directory);
    errno = cause;
    return TBLOG_IO;
}

tblog_status tblog_write_projector_sized(const char *run_directory,
                                         const tblog_embedding *embeddings, size_t count,
                                         size_t embedding_size)
{
    refusal_begin(NULL);
    if (!admit_size(embedding_size, sizeof *embeddings, "tblog_embedding") ||
        !admit(run_directory != NULL, "the directory is NULL") ||
        !are_sound_embeddings(embeddings, count)) {
        return TBLOG_INVALID;
    }
    const int directory = open(run_directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) {
        return fail(errno, "open", run_directory);
    }
    tblog_status status = TBLOG_OK;
    for (size_t i = 0; i < count && status == TBLOG_OK; i++) {
        status = write_embedding(directory, i, &embeddings[i]);
    }
    if (status == TBLOG_OK) {
        status = write_configuration(directory, embeddings, count);
    }
    const int cause = errno;
    close(directory);
    return status == TBLOG_IO ? fail(cause, "write", run_directory) : status;
}
