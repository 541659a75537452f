#include "tensor_event.h"

#include "record_format.h"
#include "refusal.h"
#include "writer_event.h"

tblog_status tensor_event_encode(tblog_writer *writer, double wall_time, int64_t step,
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
        if (!admit(!comes_once || use.first_of_writer,
                   "'%s' was logged before; it may be logged only once", tensors[i].tag)) {
            return TBLOG_INVALID;
        }
    }
    return event_encode_tensors(&writer->queue.records, &writer->messages, wall_time, step, tensors,
                                count)
               ? TBLOG_OK
               : TBLOG_NO_MEMORY;
}

typedef struct tensors_request {
    int64_t step;
    event_tensor *tensors;
    size_t count;
} tensors_request;

static tblog_status encode_request(tblog_writer *writer, double wall_time, const void *argument)
{
    const tensors_request *request = argument;
    return tensor_event_encode(writer, wall_time, request->step, request->tensors, request->count);
}

/* Whether the tensors fit into a record, before they are copied. */
static bool fits_record(const event_tensor *tensors, size_t count)
{
    size_t left = RECORD_PAYLOAD_MAX;
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

tblog_status tensor_event_add(tblog_writer *writer, int64_t step, event_tensor *tensors,
                              size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!admit_name(tensors[i].tag, "the tag")) {
            return TBLOG_INVALID;
        }
    }
    if (!admit(fits_record(tensors, count), WRITER_TOO_LARGE)) {
        return TBLOG_INVALID;
    }
    const tensors_request request = {.step = step, .tensors = tensors, .count = count};
    return writer_add_event(writer, encode_request, &request);
}
