#include "safetensors.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file_replace.h"
#include "message.h"
#include "torch_layout.h"

#define METADATA_KEY "__metadata__"

enum { LENGTH_BYTES = 8 /* of the header's length */, ALIGNMENT = 8 };

/* The place of a tensor in the data. */
typedef struct extent {
    size_t begin;
    size_t end;
} extent;

static size_t tensor_bytes(unsigned index)
{
    return lenet_tensors[index].count * sizeof(float);
}

static json_t *shape_to_json(const torch_tensor *tensor)
{
    json_t *shape = json_array();
    for (unsigned i = 0; i < tensor->rank; i++) {
        if (json_array_append_new(shape, json_integer(tensor->shape[i])) != 0) {
            json_decref(shape);
            return NULL;
        }
    }
    return shape;
}

static json_t *tensor_to_json(unsigned index)
{
    const size_t begin = lenet_tensors[index].offset * sizeof(float);
    const size_t end = begin + tensor_bytes(index);
    return json_pack("{s:s, s:o, s:[I,I]}", "dtype", "F32", //
                     "shape", shape_to_json(&torch_tensors[index]), "data_offsets",
                     (json_int_t)begin, (json_int_t)end);
}

/* The header's JSON, to be freed; NULL without memory. */
static char *make_header(const json_t *metadata)
{
    json_t *root = json_object();
    int status =
        metadata == NULL ? 0 : json_object_set_new(root, METADATA_KEY, json_deep_copy(metadata));
    for (unsigned i = 0; status == 0 && i < LENET_TENSORS; i++) {
        status = json_object_set_new(root, torch_tensors[i].name, tensor_to_json(i));
    }
    char *text = status == 0 ? json_dumps(root, JSON_COMPACT) : NULL;
    json_decref(root);
    return text;
}

static void put_length(uint8_t out[LENGTH_BYTES], uint64_t length)
{
    for (unsigned i = 0; i < LENGTH_BYTES; i++) {
        out[i] = (uint8_t)(length >> (8 * i));
    }
}

static uint64_t get_length(const char *content)
{
    uint64_t length = 0;
    for (unsigned i = 0; i < LENGTH_BYTES; i++) {
        length |= (uint64_t)(uint8_t)content[i] << (8 * i);
    }
    return length;
}

int safetensors_write(int fd, const char *name, const float *parameters, const json_t *metadata)
{
    static const char padding[ALIGNMENT] = "        ";
    char *header = make_header(metadata);
    float *data = malloc(SAFETENSORS_DATA_BYTES);
    if (header == NULL || data == NULL) {
        free(header);
        free(data);
        errno = ENOMEM;
        return -1;
    }
    for (unsigned i = 0; i < LENET_TENSORS; i++) {
        torch_layout_read(parameters, i, data + lenet_tensors[i].offset);
    }
    const size_t length = strlen(header);
    const size_t padded = (length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    uint8_t prefix[LENGTH_BYTES];
    put_length(prefix, padded);
    const file_piece pieces[] = {{prefix, sizeof prefix},
                                 {header, length},
                                 {padding, padded - length},
                                 {data, SAFETENSORS_DATA_BYTES}};
    const int status = file_replace(fd, name, pieces, sizeof pieces / sizeof *pieces, true);
    const int cause = errno;
    free(header);
    free(data);
    errno = cause;
    return status;
}

/* The tensor of this name; LENET_TENSORS if there is none. */
static unsigned find_tensor(const char *name)
{
    unsigned index = 0;
    while (index < LENET_TENSORS && strcmp(name, torch_tensors[index].name) != 0) {
        index++;
    }
    return index;
}

static bool is_shape(const json_t *shape, const torch_tensor *tensor)
{
    bool is_same = json_is_array(shape) && json_array_size(shape) == tensor->rank;
    for (unsigned i = 0; is_same && i < tensor->rank; i++) {
        const json_t *side = json_array_get(shape, i);
        is_same = json_is_integer(side) && json_integer_value(side) == tensor->shape[i];
    }
    return is_same;
}

/* "[32,1,3,3]", or any other value of the file, shortened. */
static void format_shape(char *out, size_t bytes, const json_t *shape)
{
    char *text = shape != NULL ? json_dumps(shape, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    snprintf(out, bytes, "%s", text != NULL ? text : "none");
    free(text);
}

static int check_shape(const json_t *shape, const torch_tensor *tensor, char *message)
{
    char found[64];
    char expected[64];
    if (is_shape(shape, tensor)) {
        return 0;
    }
    json_t *right = shape_to_json(tensor);
    format_shape(found, sizeof found, shape);
    format_shape(expected, sizeof expected, right);
    json_decref(right);
    return message_set(message, "the shape of tensor %s is %s, not %s", tensor->name, found,
                       expected);
}

static int read_extent(extent *out, const json_t *offsets, unsigned index, char *message)
{
    const char *name = torch_tensors[index].name;
    const json_t *begin = json_array_get(offsets, 0);
    const json_t *end = json_array_get(offsets, 1);
    const json_int_t from = json_integer_value(begin);
    const json_int_t to = json_integer_value(end);
    if (json_array_size(offsets) != 2 || !json_is_integer(begin) || !json_is_integer(end) ||
        from < 0 || to < from || to > SAFETENSORS_DATA_BYTES) {
        return message_set(message,
                           "the data_offsets of tensor %s are not two offsets within the "
                           "data",
                           name);
    }
    if ((size_t)(to - from) != tensor_bytes(index)) {
        return message_set(message, "tensor %s has %" PRId64 " bytes, not %zu", name,
                           (int64_t)(to - from), tensor_bytes(index));
    }
    *out = (extent){(size_t)from, (size_t)to};
    return 0;
}

static int read_tensor(extent *out, const json_t *entry, unsigned index, char *message)
{
    const torch_tensor *tensor = &torch_tensors[index];
    const char *dtype = json_string_value(json_object_get(entry, "dtype"));
    if (dtype == NULL || strcmp(dtype, "F32") != 0) {
        return message_set(message, "the dtype of tensor %s is %.40s, not F32", tensor->name,
                           dtype != NULL ? dtype : "missing");
    }
    return check_shape(json_object_get(entry, "shape"), tensor, message) != 0
               ? -1
               : read_extent(out, json_object_get(entry, "data_offsets"), index, message);
}

static int check_metadata(json_t *metadata, char *message)
{
    const char *key;
    const json_t *value;
    if (!json_is_object(metadata)) {
        return message_set(message, METADATA_KEY " is not an object");
    }
    json_object_foreach(metadata, key, value)
    {
        if (!json_is_string(value)) {
            return message_set(message, "'%.80s' in " METADATA_KEY " is not a string", key);
        }
    }
    return 0;
}

/* The data are as long as all tensors together. So if no two tensors overlap and all are within the
 * data, there is no gap between them either. */
static int check_overlaps(const extent extents[LENET_TENSORS], char *message)
{
    for (unsigned i = 0; i < LENET_TENSORS; i++) {
        for (unsigned j = i + 1; j < LENET_TENSORS; j++) {
            if (extents[i].begin < extents[j].end && extents[j].begin < extents[i].end) {
                return message_set(message, "tensors %s and %s overlap", torch_tensors[i].name,
                                   torch_tensors[j].name);
            }
        }
    }
    return 0;
}

/* Reads the places of the tensors, and the metadata, from the header. */
static int read_header(json_t *header, extent extents[LENET_TENSORS], char *message)
{
    const char *name;
    json_t *entry;
    bool is_there[LENET_TENSORS] = {false};
    if (!json_is_object(header)) {
        return message_set(message, "its header is not a JSON object");
    }
    json_object_foreach(header, name, entry)
    {
        const unsigned index = find_tensor(name);
        if (strcmp(name, METADATA_KEY) == 0) {
            if (check_metadata(entry, message) != 0) {
                return -1;
            }
        } else if (index == LENET_TENSORS) {
            return message_set(message, "tensor '%.80s' is not of this network", name);
        } else if (read_tensor(&extents[index], entry, index, message) != 0) {
            return -1;
        } else {
            is_there[index] = true;
        }
    }
    for (unsigned i = 0; i < LENET_TENSORS; i++) {
        if (!is_there[i]) {
            return message_set(message, "tensor %s is missing", torch_tensors[i].name);
        }
    }
    return check_overlaps(extents, message);
}

/* The data may be at any address; `values` is room for any tensor. */
static int read_values(const char *data, const extent extents[LENET_TENSORS], float *values,
                       float *parameters, char *message)
{
    for (unsigned i = 0; i < LENET_TENSORS; i++) {
        memcpy(values, data + extents[i].begin, tensor_bytes(i));
        for (unsigned j = 0; j < lenet_tensors[i].count; j++) {
            if (!isfinite(values[j])) {
                return message_set(message, "tensor %s has values that are NaN or infinite",
                                   torch_tensors[i].name);
            }
        }
        torch_layout_write(parameters, i, values);
    }
    return 0;
}

static int read_data(const char *data, const extent extents[LENET_TENSORS], float *parameters,
                     char *message)
{
    float *values = malloc(SAFETENSORS_DATA_BYTES);
    if (values == NULL) {
        return message_set(message, "no memory to read it");
    }
    const int status = read_values(data, extents, values, parameters, message);
    free(values);
    return status;
}

/* *header is a new value. */
static int parse_header(const char *text, size_t length, json_t **header, char *message)
{
    json_error_t error;
    *header = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
    return *header != NULL
               ? 0
               : message_set(message, "its header is not JSON of a safetensors file: %s",
                             error.text);
}

/* Are the bytes of the header's length all those of text, as a JSON file's or a web page's are? */
static bool begins_as_text(const char *content)
{
    bool is_text = true;
    for (unsigned i = 0; i < LENGTH_BYTES; i++) {
        const char c = content[i];
        is_text &= (c >= ' ' && c <= '~') || c == '\t' || c == '\n' || c == '\r';
    }
    return is_text;
}

/* The header's length; 0 with a message if it is not plausible or the file ends before the header
 * does. */
static size_t header_length(const char *content, size_t bytes, char *message)
{
    if (bytes <= LENGTH_BYTES) {
        message_set(message, "it is too short for a safetensors file");
        return 0;
    }
    if (begins_as_text(content)) {
        message_set(message, "it is text, not a safetensors file");
        return 0;
    }
    const uint64_t length = get_length(content);
    if (length < 2 || length > SAFETENSORS_MOST_HEADER) {
        message_set(message,
                    "it is not a safetensors file of this network: its header would have %" PRIu64
                    " bytes",
                    length);
        return 0;
    }
    if (length > bytes - LENGTH_BYTES) {
        message_set(message, "it ends within its header");
        return 0;
    }
    return (size_t)length;
}

int safetensors_parse(const char *content, size_t bytes, float *parameters, json_t **metadata,
                      char *message)
{
    extent extents[LENET_TENSORS];
    json_t *header = NULL;
    *metadata = NULL;
    const size_t length = header_length(content, bytes, message);
    if (length == 0 || parse_header(content + LENGTH_BYTES, length, &header, message) != 0) {
        return -1;
    }
    const size_t data_at = LENGTH_BYTES + length;
    int status = read_header(header, extents, message);
    if (status == 0 && bytes - data_at != SAFETENSORS_DATA_BYTES) {
        status = message_set(message, "it has %zu bytes of data, not %zu", bytes - data_at,
                             (size_t)SAFETENSORS_DATA_BYTES);
    }
    if (status == 0) {
        status = read_data(content + data_at, extents, parameters, message);
    }
    if (status == 0) {
        *metadata = json_incref(json_object_get(header, METADATA_KEY));
    }
    json_decref(header);
    return status;
}
