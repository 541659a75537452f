/* The header of a .npy array, by NumPy's description of the format (numpy.lib.format): "\x93NUMPY",
 * a version, the length of the rest, and a Python dictionary of exactly 'descr', 'fortran_order'
 * and 'shape'. Strict: a header without exactly these three keys in that form is refused. */
#include "dataset_internal.h"

#include <stdio.h>
#include <string.h>

/* Each take_ function below advances *text, which is NUL-terminated, past what it parsed. */
static void skip_spaces(const char **text)
{
    while (**text == ' ' || **text == '\t' || **text == '\n') {
        (*text)++;
    }
}

/* Takes `wanted`, with any spaces around it, when it comes next. */
static bool take(const char **text, const char *wanted)
{
    skip_spaces(text);
    const size_t length = strlen(wanted);
    if (strncmp(*text, wanted, length) != 0) {
        return false;
    }
    *text += length;
    skip_spaces(text);
    return true;
}

static bool take_string(const char **text, char *out, size_t out_bytes)
{
    skip_spaces(text);
    const char quote = **text;
    if (quote != '\'' && quote != '"') {
        return false;
    }
    const char *first = *text + 1;
    const char *last = strchr(first, quote);
    if (last == NULL || (size_t)(last - first) >= out_bytes) {
        return false;
    }
    memcpy(out, first, (size_t)(last - first));
    out[last - first] = '\0';
    *text = last + 1;
    return true;
}

static bool take_number(const char **text, uint64_t *out)
{
    skip_spaces(text);
    if (**text < '0' || **text > '9') {
        return false;
    }
    *out = 0;
    for (; **text >= '0' && **text <= '9'; (*text)++) {
        const uint64_t digit = (uint64_t)(**text - '0');
        if (*out > (UINT64_MAX - digit) / 10) {
            return false;
        }
        *out = 10 * *out + digit;
    }
    return true;
}

/* A tuple of numbers: "()", "(3,)", "(3, 28, 28)"; a comma may follow the last one. */
static bool take_shape(const char **text, dataset_npy_header *out)
{
    if (!take(text, "(")) {
        return false;
    }
    bool comma = true;
    for (out->rank = 0; !take(text, ")"); out->rank++) {
        if (!comma || out->rank == DATASET_NPY_MAX_RANK ||
            !take_number(text, &out->shape[out->rank])) {
            return false;
        }
        comma = take(text, ",");
    }
    return out->rank != 1 || comma; /* "(3)" is a number in Python */
}

static bool take_fortran_order(const char **text, dataset_npy_header *out)
{
    out->fortran_order = take(text, "True");
    return out->fortran_order || take(text, "False");
}

static bool parse_dictionary(dataset_npy_header *out)
{
    const char *text = out->text;
    bool seen_dtype = false, seen_order = false, seen_shape = false;
    if (!take(&text, "{")) {
        return false;
    }
    bool comma = true;
    while (!take(&text, "}")) {
        char key[16];
        if (!comma || !take_string(&text, key, sizeof key) || !take(&text, ":")) {
            return false;
        }
        bool *seen;
        bool taken;
        if (strcmp(key, "descr") == 0) {
            seen = &seen_dtype;
            taken = take_string(&text, out->dtype, sizeof out->dtype);
        } else if (strcmp(key, "fortran_order") == 0) {
            seen = &seen_order;
            taken = take_fortran_order(&text, out);
        } else if (strcmp(key, "shape") == 0) {
            seen = &seen_shape;
            taken = take_shape(&text, out);
        } else {
            return false;
        }
        if (!taken || *seen) {
            return false;
        }
        *seen = true;
        comma = take(&text, ",");
    }
    skip_spaces(&text);
    return *text == '\0' && seen_dtype && seen_order && seen_shape;
}

/* The dictionary's length, which takes 2 bytes in version 1 and 4 in versions 2 and 3. */
static int read_header_bytes(dataset_source *source, size_t *out)
{
    uint8_t start[8]; /* "\x93NUMPY", major, minor */
    uint8_t length[4] = {0};
    if (dataset_source_fill(source, start, sizeof start) != 0) {
        return -1;
    }
    if (memcmp(start, "\x93NUMPY", 6) != 0) {
        return dataset_fail(source->message, source->name, "is not a .npy array");
    }
    if (start[6] < 1 || start[6] > 3 || start[7] != 0) {
        return dataset_fail(source->message, source->name,
                            "has .npy format version %u.%u; known are 1.0, 2.0 and 3.0", start[6],
                            start[7]);
    }
    if (dataset_source_fill(source, length, start[6] == 1 ? 2 : 4) != 0) {
        return -1;
    }
    *out = (size_t)length[0] | (size_t)length[1] << 8 | (size_t)length[2] << 16 |
           (size_t)length[3] << 24;
    if (*out > DATASET_NPY_HEADER_BYTES) {
        return dataset_fail(source->message, source->name,
                            "has a .npy header of %zu bytes; at most %d are taken", *out,
                            DATASET_NPY_HEADER_BYTES);
    }
    return 0;
}

int dataset_npy_header_read(dataset_source *source, dataset_npy_header *out)
{
    size_t bytes = 0;
    if (read_header_bytes(source, &bytes) != 0 ||
        dataset_source_fill(source, (uint8_t *)out->text, bytes) != 0) {
        return -1;
    }
    out->text[bytes] = '\0';
    size_t length = strlen(out->text);
    const bool whole = length == bytes;
    /* Messages quote the dictionary without its padding. */
    while (length > 0 && (out->text[length - 1] == ' ' || out->text[length - 1] == '\n')) {
        out->text[--length] = '\0';
    }
    if (!whole || !parse_dictionary(out)) {
        return dataset_fail(source->message, source->name,
                            "has a .npy header that is not understood: %.120s", out->text);
    }
    return 0;
}
