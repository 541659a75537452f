#include "utf8.h"
#include "writer_internal.h"

typedef struct tensors_request {
    int64_t step;
    event_tensor *tensors;
    size_t count;
} tensors_request;

static tblog_status encode_tensors(tblog_writer *writer, double wall_time, const void *argument)
{
    const tensors_request *request = argument;
    for (size_t i = 0; i < request->count; i++) {
        event_tensor *tensor = &request->tensors[i];
        tblog_status status =
            writer_add_tag(writer, tensor->tag, tensor->plugin, &tensor->with_metadata);
        if (status != TBLOG_OK)
            return status;
        if (tensor->plugin == TAG_PLUGIN_HPARAMS && !tensor->with_metadata)
            return TBLOG_INVALID;
    }
    return event_encode_tensors(&writer->encoder, wall_time, request->step, request->tensors,
                                request->count)
               ? TBLOG_OK
               : TBLOG_NO_MEMORY;
}

/* Whether the tensors fit into a record: what does not need not be copied to find out. */
static bool fits_record(const event_tensor *tensors, size_t count)
{
    size_t left = INT32_MAX;
    for (size_t i = 0; i < count; i++) {
        if (tensors[i].content.count > left)
            return false;
        left -= tensors[i].content.count;
        for (size_t j = 0; j < tensors[i].string_count; j++) {
            if (tensors[i].strings[j].count > left)
                return false;
            left -= tensors[i].strings[j].count;
        }
    }
    return true;
}

tblog_status writer_add_tensors(tblog_writer *writer, int64_t step, event_tensor *tensors,
                                size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!utf8_is_name(tensors[i].tag))
            return TBLOG_INVALID;
    }
    if (!fits_record(tensors, count))
        return TBLOG_INVALID;
    const tensors_request request = {.step = step, .tensors = tensors, .count = count};
    return writer_add_event(writer, encode_tensors, &request);
}
