#include "lint.h"
#include "writer_internal.h"

tblog_status writer_encode_tensors(tblog_writer *writer, double wall_time, int64_t step,
                                   event_tensor *tensors, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        tag_use use;
        const tblog_status status = writer_add_tag(writer, tensors[i].tag, tensors[i].plugin, &use);
        if (status != TBLOG_OK) {
            return status;
        }
        tensors[i].with_metadata = use.first_in_file;
        const bool comes_once = tensors[i].plugin == TAG_PLUGIN_HPARAMS ||
                                tensors[i].plugin == TAG_PLUGIN_CUSTOM_SCALARS;
        if (!lint(!comes_once || use.first_of_writer,
                  "'%s' was logged before, and may be logged once", tensors[i].tag)) {
            return TBLOG_INVALID;
        }
    }
    return event_encode_tensors(&writer->queue.records, &writer->messages, wall_time, step, tensors,
                                count)
               ? TBLOG_OK
               : TBLOG_NO_MEMORY;
}

tblog_status writer_encode_tensor_scalars(tblog_writer *writer, double wall_time, int64_t step,
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
    return writer_encode_tensors(writer, wall_time, step, tensors, count);
}

typedef struct tensors_request {
    int64_t step;
    event_tensor *tensors;
    size_t count;
} tensors_request;

static tblog_status encode_request(tblog_writer *writer, double wall_time, const void *argument)
{
    const tensors_request *request = argument;
    return writer_encode_tensors(writer, wall_time, request->step, request->tensors,
                                 request->count);
}

/* Whether the tensors fit into a record: what does not need not be copied to find out. */
static bool fits_record(const event_tensor *tensors, size_t count)
{
    size_t left = INT32_MAX;
    for (size_t i = 0; i < count; i++) {
        if (tensors[i].content.count > left) {
            return false;
        }
        left -= tensors[i].content.count;
        for (size_t j = 0; j < tensors[i].string_count; j++) {
            if (tensors[i].strings[j].count > left) {
                return false;
            }
            left -= tensors[i].strings[j].count;
        }
    }
    return true;
}

tblog_status writer_add_tensors(tblog_writer *writer, int64_t step, event_tensor *tensors,
                                size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!lint_name(tensors[i].tag, "the tag")) {
            return TBLOG_INVALID;
        }
    }
    if (!lint(fits_record(tensors, count), WRITER_TOO_LARGE)) {
        return TBLOG_INVALID;
    }
    const tensors_request request = {.step = step, .tensors = tensors, .count = count};
    return writer_add_event(writer, encode_request, &request);
}
