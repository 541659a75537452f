/* Scalars: simple_value, or tensors with the option tensor_scalars. */
#include "event_encode.h"
#include "refusal.h"
#include "tensor_event.h"
#include "writer_event.h"

typedef struct scalars_request {
    int64_t step;
    const tblog_scalar *scalars;
    size_t count;
} scalars_request;

static tblog_status encode_as_tensors(tblog_writer *writer, double wall_time, int64_t step,
                                      const tblog_scalar *scalars, size_t count)
{
    event_tensor *tensors;
    float *values;
    const size_t scalar_bytes = sizeof *tensors + sizeof *values;
    if (count > SIZE_MAX / scalar_bytes ||
        !byte_buffer_reserve(&writer->scalars, count * scalar_bytes)) {
        return TBLOG_NO_MEMORY;
    }
    tensors = (void *)writer->scalars.data;
    values = (void *)(tensors + count);
    for (size_t i = 0; i < count; i++) {
        values[i] = (float)scalars[i].value;
        tensors[i] = (event_tensor){.tag = scalars[i].tag,
                                    .plugin = TAG_PLUGIN_SCALARS,
                                    .type = EVENT_FLOAT,
                                    .content = {.data = &values[i], .count = sizeof *values}};
    }
    return tensor_event_encode(writer, wall_time, step, tensors, count);
}

/* Looks up the scalar's tag, and fills in the scalar to encode. */
static inline tblog_status take_scalar(tblog_writer *writer, const tblog_scalar *scalar,
                                       event_scalar *entry)
{
    tag_use use;
    const tblog_status status = writer_add_tag(writer, scalar->tag, TAG_PLUGIN_SCALARS, &use);
    *entry = (event_scalar){.tag = scalar->tag,
                            .tag_bytes = use.tag_bytes,
                            .value = (float)scalar->value,
                            .with_metadata = use.first_in_file};
    return status;
}

static tblog_status encode_scalar(tblog_writer *writer, double wall_time, const void *argument)
{
    const scalars_request *request = argument;
    if (writer->tensor_scalars) {
        return encode_as_tensors(writer, wall_time, request->step, request->scalars, 1);
    }
    event_scalar entry;
    const tblog_status status = take_scalar(writer, request->scalars, &entry);
    if (status != TBLOG_OK) {
        return status;
    }
    return event_encode_scalar(&writer->queue.records, wall_time, request->step, &entry)
               ? TBLOG_OK
               : TBLOG_NO_MEMORY;
}

static tblog_status encode_scalars(tblog_writer *writer, double wall_time, const void *argument)
{
    const scalars_request *request = argument;
    if (writer->tensor_scalars) {
        return encode_as_tensors(writer, wall_time, request->step, request->scalars,
                                 request->count);
    }
    event_scalar *entries;
    if (request->count > SIZE_MAX / sizeof *entries ||
        !byte_buffer_reserve(&writer->scalars, request->count * sizeof *entries)) {
        return TBLOG_NO_MEMORY;
    }
    entries = (void *)writer->scalars.data;
    for (size_t i = 0; i < request->count; i++) {
        const tblog_status status = take_scalar(writer, &request->scalars[i], &entries[i]);
        if (status != TBLOG_OK) {
            return status;
        }
    }
    return event_encode_scalars(&writer->queue.records, wall_time, request->step, entries,
                                request->count)
               ? TBLOG_OK
               : TBLOG_NO_MEMORY;
}

static bool are_sound_scalars(const tblog_scalar *scalars, size_t count)
{
    if (scalars == NULL && count > 0) {
        return refuse("the scalars are NULL");
    }
    for (size_t i = 0; i < count; i++) {
        if (scalars[i].tag == NULL || scalars[i].tag[0] == '\0') {
            return admit_name(scalars[i].tag, "the tag");
        }
    }
    return true;
}

tblog_status tblog_add_scalars(tblog_writer *writer, int64_t step, const tblog_scalar *scalars,
                               size_t count)
{
    refusal_begin(writer);
    if (!are_sound_scalars(scalars, count)) {
        return TBLOG_INVALID;
    }
    if (count == 0) {
        return tblog_writer_status(writer);
    }
    const scalars_request request = {.step = step, .scalars = scalars, .count = count};
    return writer_add_event(writer, encode_scalars, &request);
}

tblog_status tblog_add_scalar(tblog_writer *writer, const char *tag, int64_t step, double value)
{
    refusal_begin(writer);
    const tblog_scalar scalar = {.tag = tag, .value = value};
    if (!are_sound_scalars(&scalar, 1)) {
        return TBLOG_INVALID;
    }
    const scalars_request request = {.step = step, .scalars = &scalar, .count = 1};
    return writer_add_event(writer, encode_scalar, &request);
}
