/* Recognizes a file by its first bytes. A file with a data set's name may be a web page, a pointer,
 * an archive or another program's format, and the message should tell users which. */
#include "dataset_internal.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct {
    size_t offset;
    const char *bytes;
    const char *is; /* what it is, and what to do */
} signatures[] = {
    {0, "version https://git-lfs", "is a Git LFS pointer, not the data: git lfs pull fetches that"},
    {0, "\x1f\x8b", "is gzip data: unpack it"},
    {0, "PK\x03\x04", "is a zip archive: unpack it"},
    {0, "PK\x05\x06", "is an empty zip archive"},
    {0, "BZh", "is bzip2 data: unpack it"},
    {0, "\xfd\x37zXZ", "is xz data: unpack it"},
    {0, "\x28\xb5\x2f\xfd", "is zstd data: unpack it"},
    {0, "7z\xbc\xaf", "is a 7-Zip archive: unpack it"},
    {0, "Rar!", "is a RAR archive: unpack it"},
    {257, "ustar", "is a tar archive: unpack it, and give the folder of its files"},
    {0, "\x93NUMPY", "is a single .npy array: save all four in one .npz with numpy.savez"},
    {0, "\x80\x02", "is a Python pickle: load it in Python and save its arrays with numpy.savez"},
    {0, "\x80\x03", "is a Python pickle: load it in Python and save its arrays with numpy.savez"},
    {0, "\x80\x04", "is a Python pickle: load it in Python and save its arrays with numpy.savez"},
    {0, "\x80\x05", "is a Python pickle: load it in Python and save its arrays with numpy.savez"},
    {0, "\x89HDF", "is an HDF5 file: load it in Python and save its arrays with numpy.savez"},
    {0, "PAR1", "is a Parquet table: load it in Python and save its images with numpy.savez"},
    {0, "MATLAB", "is a MATLAB file: load it in Python and save its arrays with numpy.savez"},
    {0, "\x89PNG", "is a picture: save all images in one .npz with numpy.savez"},
    {0, "\xff\xd8\xff", "is a picture: save all images in one .npz with numpy.savez"},
};

bool dataset_content_is_gzip(const uint8_t *head, size_t bytes)
{
    return bytes >= 2 && head[0] == 0x1f && head[1] == 0x8b;
}

bool dataset_content_is_idx(const uint8_t *head, size_t bytes)
{
    return bytes >= 4 && head[0] == 0 && head[1] == 0 && head[2] == 0x08 &&
           (head[3] == 1 || head[3] == 3);
}

static const char *find_signature(const uint8_t *head, size_t bytes)
{
    for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++) {
        const size_t end = signatures[i].offset + strlen(signatures[i].bytes);
        if (bytes >= end && memcmp(head + signatures[i].offset, signatures[i].bytes,
                                   end - signatures[i].offset) == 0) {
            return signatures[i].is;
        }
    }
    return NULL;
}

static bool is_space(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static bool is_markup(const char *text)
{
    static const char *const starts[] = {"<!doctype html", "<html", "<head", "<body", "<?xml"};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        if (strncasecmp(text, starts[i], strlen(starts[i])) == 0) {
            return true;
        }
    }
    return false;
}

enum { QUOTED_BYTES = 40 };

/* Copies the start of a text, from its first word on and without line breaks. False if it is not
 * ASCII text, or too short to be sure. */
static bool quote_text(char out[QUOTED_BYTES + 1], const uint8_t *head, size_t bytes)
{
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    size_t from = bytes >= 3 && memcmp(head, byte_order_mark, 3) == 0 ? 3 : 0;
    while (from < bytes && is_space(head[from])) {
        from++;
    }
    size_t length = 0;
    for (; from < bytes && length < QUOTED_BYTES; from++) {
        if ((head[from] < ' ' || head[from] > '~') && !is_space(head[from])) {
            return false;
        }
        out[length++] = is_space(head[from]) ? ' ' : (char)head[from];
    }
    out[length] = '\0';
    return length >= 4; /* fewer letters prove nothing */
}

int dataset_refuse_content(char *message, const char *name, const char *wanted, const uint8_t *head,
                           size_t bytes)
{
    char text[QUOTED_BYTES + 1];
    if (bytes == 0) {
        return dataset_fail(message, name, "is empty: copy or download it again");
    }
    const char *is = find_signature(head, bytes);
    if (is != NULL) {
        return dataset_fail(message, name, "%s", is);
    }
    if (quote_text(text, head, bytes)) {
        return is_markup(text)
                   ? dataset_fail(message, name,
                                  "is a web page (HTML), not the data: download the file itself")
                   : dataset_fail(message, name, "is text, not %s: \"%s\"", wanted, text);
    }
    char hex[4 * 3 + 1] = "";
    for (size_t i = 0; i < bytes && i < 4; i++) {
        snprintf(hex + 3 * i, sizeof hex - 3 * i, " %02x", head[i]);
    }
    return dataset_fail(message, name, "is not %s: it begins with%s", wanted, hex);
}
