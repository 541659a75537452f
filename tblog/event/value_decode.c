#include "value_decode.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "little_endian.h"
#include "summary.pb-c.h"

enum { IMAGE_TEXT_BYTES = 12 }; /* of a width or a height in decimal */

/* ---- How much a value needs ---- */

typedef struct value_needs {
    size_t numbers;
    size_t dims;
    size_t strings;
    size_t text_bytes;
} value_needs;

static size_t element_bytes(TblogPb__DataType type)
{
    switch (type) {
    case TBLOG_PB__DATA_TYPE__DT_FLOAT:
    case TBLOG_PB__DATA_TYPE__DT_INT32:
        return 4;
    case TBLOG_PB__DATA_TYPE__DT_DOUBLE:
        return 8;
    case TBLOG_PB__DATA_TYPE__DT_UINT8:
        return 1;
    default:
        return 0;
    }
}

/* The tensor's numbers, from whichever field has them. */
static size_t number_count(const TblogPb__TensorProto *tensor)
{
    const size_t bytes = element_bytes(tensor->dtype);
    if (bytes == 0) {
        return 0;
    }
    if (tensor->tensor_content.len > 0) {
        return tensor->tensor_content.len / bytes;
    }
    return tensor->dtype == TBLOG_PB__DATA_TYPE__DT_FLOAT    ? tensor->n_float_val
           : tensor->dtype == TBLOG_PB__DATA_TYPE__DT_DOUBLE ? tensor->n_double_val
                                                             : tensor->n_int_val;
}

static value_needs needs_of(const TblogPb__Summary__Value *message)
{
    switch (message->value_case) {
    case TBLOG_PB__SUMMARY__VALUE__VALUE_TENSOR: {
        const TblogPb__TensorProto *tensor = message->tensor;
        return (value_needs){.numbers = number_count(tensor),
                             .dims = tensor->tensor_shape == NULL ? 0 : tensor->tensor_shape->n_dim,
                             .strings = tensor->n_string_val};
    }
    case TBLOG_PB__SUMMARY__VALUE__VALUE_HISTO:
        return (value_needs){.numbers = 3 * message->histo->n_bucket, .dims = 2};
    case TBLOG_PB__SUMMARY__VALUE__VALUE_IMAGE:
        return (value_needs){.dims = 1, .strings = 3, .text_bytes = 2 * IMAGE_TEXT_BYTES};
    case TBLOG_PB__SUMMARY__VALUE__VALUE_AUDIO:
        return (value_needs){.dims = 1, .strings = 1};
    default:
        return (value_needs){0};
    }
}

/* ---- Filling; a cursor points to the next free element, for which there is room ---- */

typedef struct store_cursor {
    double *numbers;
    int64_t *dims;
    tblog_bytes *strings;
    char *text;
} store_cursor;

static void take_shape(store_cursor *at, tblog_value *value, const int64_t *dims, size_t rank)
{
    value->shape = at->dims;
    value->rank = rank;
    for (size_t i = 0; i < rank; i++) {
        *at->dims++ = dims[i];
    }
}

static void take_tensor_shape(store_cursor *at, tblog_value *value,
                              const TblogPb__TensorShapeProto *shape)
{
    value->shape = at->dims;
    value->rank = shape == NULL ? 0 : shape->n_dim;
    for (size_t i = 0; i < value->rank; i++) {
        *at->dims++ = shape->dim[i]->size;
    }
}

static double load_element(const uint8_t *bytes, TblogPb__DataType type)
{
    if (type == TBLOG_PB__DATA_TYPE__DT_UINT8) {
        return bytes[0];
    }
    if (type == TBLOG_PB__DATA_TYPE__DT_DOUBLE) {
        return little_endian_load_double(bytes);
    }
    if (type == TBLOG_PB__DATA_TYPE__DT_INT32) {
        return (double)(int32_t)little_endian_load(bytes, 4);
    }
    return (double)little_endian_load_float(bytes);
}

static void take_numbers(store_cursor *at, tblog_value *value, const TblogPb__TensorProto *tensor)
{
    value->kind = TBLOG_VALUE_NUMBERS;
    value->numbers = at->numbers;
    value->number_count = number_count(tensor);
    const size_t bytes = element_bytes(tensor->dtype);
    for (size_t i = 0; i < value->number_count; i++) {
        if (tensor->tensor_content.len > 0) {
            *at->numbers++ = load_element(tensor->tensor_content.data + i * bytes, tensor->dtype);
        } else if (tensor->dtype == TBLOG_PB__DATA_TYPE__DT_FLOAT) {
            *at->numbers++ = (double)tensor->float_val[i];
        } else if (tensor->dtype == TBLOG_PB__DATA_TYPE__DT_DOUBLE) {
            *at->numbers++ = tensor->double_val[i];
        } else {
            *at->numbers++ = (double)tensor->int_val[i];
        }
    }
    if (tensor->dtype == TBLOG_PB__DATA_TYPE__DT_FLOAT && value->rank == 0 &&
        value->number_count == 1) {
        value->kind = TBLOG_VALUE_SCALAR;
        value->scalar = value->numbers[0];
    }
}

static void take_string(store_cursor *at, tblog_value *value, const void *bytes, size_t count)
{
    if (value->string_count++ == 0) {
        value->strings = at->strings;
    }
    *at->strings++ =
        (tblog_bytes){.data = count == 0 ? (const uint8_t *)"" : bytes, .count = count};
}

/* The kind of a tensor with one string, or with none or several. */
static void finish_strings(tblog_value *value)
{
    value->kind = TBLOG_VALUE_STRINGS;
    const bool is_one = value->rank == 0 || (value->rank == 1 && value->shape[0] == 1);
    if (!is_one || value->string_count != 1) {
        return;
    }
    value->kind = TBLOG_VALUE_STRING;
}

static void take_tensor(store_cursor *at, tblog_value *value, const TblogPb__TensorProto *tensor)
{
    take_tensor_shape(at, value, tensor->tensor_shape);
    value->type = (int32_t)tensor->dtype;
    if (tensor->dtype == TBLOG_PB__DATA_TYPE__DT_STRING) {
        for (size_t i = 0; i < tensor->n_string_val; i++) {
            take_string(at, value, tensor->string_val[i].data, tensor->string_val[i].len);
        }
        finish_strings(value);
        return;
    }
    const size_t bytes = element_bytes(tensor->dtype);
    if (bytes != 0 && tensor->tensor_content.len % bytes == 0) {
        take_numbers(at, value, tensor);
    }
}

/* ---- Converting TensorFlow 1's forms to today's, as TensorBoard's loaders do ---- */

static void take_histogram(store_cursor *at, tblog_value *value,
                           const TblogPb__HistogramProto *histogram)
{
    size_t count = histogram->n_bucket;
    if (count != histogram->n_bucket_limit) {
        return;
    }
    /* Without the empty buckets at both ends: their limits are outside the values' range, and often
     * the largest doubles. */
    const double *limits = histogram->bucket_limit;
    const double *counts = histogram->bucket;
    for (; count > 0 && !(counts[count - 1] > 0); count--)
        ;
    for (; count > 0 && !(counts[0] > 0); count--, counts++, limits++)
        ;
    take_shape(at, value, (const int64_t[]){(int64_t)count, 3}, 2);
    value->kind = TBLOG_VALUE_NUMBERS;
    value->type = TBLOG_PB__DATA_TYPE__DT_DOUBLE;
    value->numbers = at->numbers;
    value->number_count = 3 * count;
    for (size_t i = 0; i < count; i++) {
        *at->numbers++ = i == 0 ? histogram->min : limits[i - 1];
        *at->numbers++ = i + 1 == count ? histogram->max : limits[i];
        *at->numbers++ = counts[i];
    }
}

static void take_image(store_cursor *at, tblog_value *value, const TblogPb__Summary__Image *image)
{
    const int32_t sides[] = {image->width, image->height};
    take_shape(at, value, (const int64_t[]){3}, 1);
    value->type = TBLOG_PB__DATA_TYPE__DT_STRING;
    for (size_t i = 0; i < 2; i++, at->text += IMAGE_TEXT_BYTES) {
        snprintf(at->text, IMAGE_TEXT_BYTES, "%" PRId32, sides[i]);
        take_string(at, value, at->text, strlen(at->text));
    }
    take_string(at, value, image->encoded_image_string.data, image->encoded_image_string.len);
    finish_strings(value);
}

static void take_audio(store_cursor *at, tblog_value *value, const TblogPb__Summary__Audio *audio)
{
    take_shape(at, value, (const int64_t[]){1}, 1);
    value->type = TBLOG_PB__DATA_TYPE__DT_STRING;
    take_string(at, value, audio->encoded_audio_string.data, audio->encoded_audio_string.len);
    finish_strings(value);
}

static void take_metadata(tblog_value *value, const TblogPb__SummaryMetadata *metadata)
{
    value->display_name = metadata->display_name;
    value->description = metadata->summary_description;
    value->data_class = (int32_t)metadata->data_class;
    if (metadata->plugin_data == NULL) {
        return;
    }
    value->plugin = metadata->plugin_data->plugin_name;
    value->plugin_content = (tblog_bytes){.data = metadata->plugin_data->content.data,
                                          .count = metadata->plugin_data->content.len};
}

static void take_value(store_cursor *at, tblog_value *value, const TblogPb__Summary__Value *message)
{
    *value =
        (tblog_value){.tag = message->tag, .plugin = "", .display_name = "", .description = ""};
    switch (message->value_case) {
    case TBLOG_PB__SUMMARY__VALUE__VALUE_SIMPLE_VALUE:
        value->kind = TBLOG_VALUE_SCALAR;
        value->scalar = (double)message->simple_value;
        break;
    case TBLOG_PB__SUMMARY__VALUE__VALUE_TENSOR:
        take_tensor(at, value, message->tensor);
        break;
    case TBLOG_PB__SUMMARY__VALUE__VALUE_HISTO:
        value->plugin = "histograms";
        take_histogram(at, value, message->histo);
        break;
    case TBLOG_PB__SUMMARY__VALUE__VALUE_IMAGE:
        value->plugin = "images";
        take_image(at, value, message->image);
        break;
    case TBLOG_PB__SUMMARY__VALUE__VALUE_AUDIO:
        value->plugin = "audio";
        take_audio(at, value, message->audio);
        break;
    default:
        break;
    }
    if (message->metadata != NULL) {
        take_metadata(value, message->metadata);
    }
}

static value_needs needs_of_all(const TblogPb__Summary *summary)
{
    value_needs all = {0};
    for (size_t i = 0; i < summary->n_value; i++) {
        value_needs needs = needs_of(summary->value[i]);
        all.numbers += needs.numbers;
        all.dims += needs.dims;
        all.strings += needs.strings;
        all.text_bytes += needs.text_bytes;
    }
    return all;
}

size_t value_decode_bytes(const TblogPb__Summary *summary)
{
    value_needs all = needs_of_all(summary);
    return summary->n_value * (sizeof(tblog_value) + sizeof(tblog_value *)) +
           all.numbers * sizeof(double) + all.dims * sizeof(int64_t) +
           all.strings * sizeof(tblog_bytes) + all.text_bytes;
}

bool value_decode(value_store *store, const TblogPb__Summary *summary)
{
    const value_needs all = needs_of_all(summary);
    if (!byte_buffer_reserve(&store->values, summary->n_value * sizeof(tblog_value)) ||
        !byte_buffer_reserve(&store->numbers, all.numbers * sizeof(double)) ||
        !byte_buffer_reserve(&store->shapes, all.dims * sizeof(int64_t)) ||
        !byte_buffer_reserve(&store->strings, all.strings * sizeof(tblog_bytes)) ||
        !byte_buffer_reserve(&store->texts, all.text_bytes)) {
        return false;
    }
    store_cursor at = {.numbers = (void *)store->numbers.data,
                       .dims = (void *)store->shapes.data,
                       .strings = (void *)store->strings.data,
                       .text = (void *)store->texts.data};
    tblog_value *values = (void *)store->values.data;
    for (size_t i = 0; i < summary->n_value; i++) {
        take_value(&at, &values[i], summary->value[i]);
    }
    return value_store_point(store, summary->n_value);
}

bool value_store_point(value_store *store, size_t count)
{
    if (!byte_buffer_reserve(&store->pointers, count * sizeof(tblog_value *))) {
        return false;
    }
    tblog_value *values = (void *)store->values.data;
    tblog_value **pointers = (void *)store->pointers.data;
    for (size_t i = 0; i < count; i++) {
        pointers[i] = &values[i];
    }
    return true;
}

void value_store_free(value_store *store)
{
    byte_buffer_free(&store->values);
    byte_buffer_free(&store->pointers);
    byte_buffer_free(&store->numbers);
    byte_buffer_free(&store->shapes);
    byte_buffer_free(&store->strings);
    byte_buffer_free(&store->texts);
}
