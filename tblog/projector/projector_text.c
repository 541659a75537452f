#include <locale.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "little_endian.h"
#include "projector.h"
#include "utf8.h"

static bool append_text(byte_buffer *out, const char *text)
{
    return byte_buffer_append(out, text, strlen(text));
}

__attribute__((format(printf, 2, 3))) static bool append_line(byte_buffer *out, const char *format,
                                                              ...)
{
    char line[128];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    return append_text(out, line);
}

void projector_file_name(char name[FILE_NAME_BYTES], projector_file file, size_t number)
{
    static const char *const endings[] = {[PROJECTOR_VECTORS] = "vectors",
                                          [PROJECTOR_LABELS] = "labels.tsv",
                                          [PROJECTOR_SHEET] = "sheet.png"};
    snprintf(name, FILE_NAME_BYTES, "projector_%zu_%s", number, endings[file]);
}

/* ---- Vectors ---- */

/* Whether TensorBoard recognizes the bytes as binary. It reads the file as text, line by line,
 * until something is not UTF-8, and fails if it first meets a line that is text but not numbers. */
static bool is_taken_for_binary(const void *bytes, size_t count)
{
    const char *line_end = memchr(bytes, '\n', count);
    return !utf8_is_valid(bytes,
                          line_end == NULL ? count : (size_t)(line_end - (const char *)bytes));
}

static bool append_numbers(byte_buffer *out, const tblog_embedding *embedding)
{
    const float *at = embedding->vectors;
    for (size_t row = 0; row < embedding->row_count; row++) {
        for (size_t column = 0; column < embedding->column_count; column++, at++) {
            const char end = column + 1 == embedding->column_count ? '\n' : '\t';
            if (!append_line(out, "%.9g%c", (double)*at, end)) {
                return false;
            }
        }
    }
    return true;
}

/* Appends the vectors' bytes; false without memory. */
static bool append_bytes(byte_buffer *out, const tblog_embedding *embedding)
{
    const size_t bytes = embedding->row_count * embedding->column_count * sizeof(float);
    if (!byte_buffer_reserve(out, bytes)) {
        return false;
    }
    little_endian_store_array(out->data + out->size, embedding->vectors, bytes, sizeof(float));
    out->size += bytes;
    return true;
}

bool projector_append_vectors(byte_buffer *out, const tblog_embedding *embedding)
{
    if (embedding->format == TBLOG_VECTORS_BINARY) {
        const size_t before = out->size;
        if (!append_bytes(out, embedding)) {
            return false;
        }
        if (is_taken_for_binary(out->data + before, out->size - before)) {
            return true;
        }
        out->size = before;
    }
    /* The program's locale may have a decimal comma; the file needs a point. */
    const locale_t plain = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    if (plain == (locale_t)0) {
        return false;
    }
    const locale_t before = uselocale(plain);
    const bool done = append_numbers(out, embedding);
    uselocale(before);
    freelocale(plain);
    return done;
}

/* ---- Labels ---- */

static bool append_cells(byte_buffer *out, const char *const *cells, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!append_text(out, cells[i]) || !append_text(out, i + 1 == count ? "\n" : "\t")) {
            return false;
        }
    }
    return true;
}

/* TensorBoard's page skips lines of spaces, and would then shift all later labels by one. It does
 * not treat U+200B, the zero-width space, as a space. */
static bool append_mark_of_blank_line(byte_buffer *out, const char *const *labels, size_t columns)
{
    for (size_t i = 0; i < columns; i++) {
        if (labels[i][strspn(labels[i], " \f\v")] != '\0') {
            return true;
        }
    }
    return append_text(out, "\xe2\x80\x8b");
}

bool projector_append_labels(byte_buffer *out, const tblog_embedding *embedding)
{
    const size_t columns = embedding->label_column_count;
    /* A file with one column has no line of names; with several it must have one. */
    if (columns > 1 && !append_cells(out, embedding->label_names, columns)) {
        return false;
    }
    for (size_t row = 0; row < embedding->row_count; row++) {
        const char *const *labels = embedding->labels + row * columns;
        if (!append_mark_of_blank_line(out, labels, columns) ||
            !append_cells(out, labels, columns)) {
            return false;
        }
    }
    return true;
}

/* ---- Configuration ---- */

/* A string of protobuf's text format. */
static bool append_quoted(byte_buffer *out, const char *text)
{
    bool done = append_text(out, "\"");
    for (; *text != '\0' && done; text++) {
        const unsigned char byte = (unsigned char)*text;
        if (byte < ' ' || byte == '"' || byte == '\\' || byte == 0x7f) {
            done = append_line(out, "\\%03o", (unsigned)byte);
        } else {
            done = byte_buffer_append(out, text, 1);
        }
    }
    return done && append_text(out, "\"");
}

bool projector_append_configuration(byte_buffer *out, size_t number,
                                    const tblog_embedding *embedding)
{
    char names[3][FILE_NAME_BYTES];
    for (size_t i = 0; i < 3; i++) {
        projector_file_name(names[i], (projector_file)i, number);
    }
    bool done = append_text(out, "embeddings {\n  tensor_name: ") &&
                append_quoted(out, embedding->name) &&
                append_line(out, "\n  tensor_shape: %zu\n  tensor_shape: %zu\n",
                            embedding->row_count, embedding->column_count) &&
                append_line(out, "  tensor_path: \"%s\"\n", names[PROJECTOR_VECTORS]);
    if (embedding->labels != NULL) {
        done = done && append_line(out, "  metadata_path: \"%s\"\n", names[PROJECTOR_LABELS]);
    }
    if (embedding->thumbnails != NULL) {
        done = done &&
               append_line(out, "  sprite {\n    image_path: \"%s\"\n", names[PROJECTOR_SHEET]) &&
               append_line(out, "    single_image_dim: %u\n    single_image_dim: %u\n  }\n",
                           (unsigned)embedding->thumbnail_width,
                           (unsigned)embedding->thumbnail_height);
    }
    return done && append_text(out, "}\n");
}
