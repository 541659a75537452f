#include "event_edit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bounded_parse.h"
#include "event.pb-c.h"
#include "event_encode.h"

static bool rename_value(TblogPb__Summary__Value *value, const char *tag)
{
    char *copy = strdup(tag);
    if (copy == NULL) {
        return false;
    }
    if (value->tag != protobuf_c_empty_string) { /* which stands for a missing tag */
        free(value->tag);
    }
    value->tag = copy;
    return true;
}

/* Moves the values to keep, in their order, before the others. */
static bool edit_values(TblogPb__Summary *summary,
                        const char *(*new_tag)(void *context, const char *tag), void *context,
                        size_t *kept)
{
    *kept = 0;
    for (size_t i = 0; i < summary->n_value; i++) {
        TblogPb__Summary__Value *value = summary->value[i];
        const char *tag = new_tag(context, value->tag);
        if (tag == NULL) {
            continue;
        }
        if (tag != value->tag && !rename_value(value, tag)) {
            return false;
        }
        summary->value[i] = summary->value[*kept];
        summary->value[(*kept)++] = value;
    }
    return true;
}

static bool edit_and_encode(byte_buffer *out, TblogPb__Event *event,
                            const char *(*new_tag)(void *context, const char *tag), void *context,
                            size_t *value_count)
{
    TblogPb__Summary *summary = event->summary;
    const size_t all_count = summary->n_value;
    bool done = edit_values(summary, new_tag, context, value_count);
    summary->n_value = *value_count;
    done = done && event_encode(out, event);
    summary->n_value = all_count; /* so that all are freed */
    return done;
}

tblog_status event_edit_tags(byte_buffer *out, const uint8_t *payload, size_t payload_bytes,
                             const char *(*new_tag)(void *context, const char *tag), void *context,
                             size_t *value_count)
{
    bounded_parse_problem problem;
    TblogPb__Event *event = (TblogPb__Event *)bounded_parse(&tblog_pb__event__descriptor, payload,
                                                            payload_bytes, &problem);
    if (event == NULL) {
        return problem == BOUNDED_PARSE_NO_MEMORY ? TBLOG_NO_MEMORY : TBLOG_DAMAGED;
    }
    tblog_status status = TBLOG_DAMAGED;
    if (event->what_case == TBLOG_PB__EVENT__WHAT_SUMMARY) {
        const bool done = edit_and_encode(out, event, new_tag, context, value_count);
        status = done ? TBLOG_OK : TBLOG_NO_MEMORY;
    }
    tblog_pb__event__free_unpacked(event, NULL);
    return status;
}
