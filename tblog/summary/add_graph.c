/* Graphs: a Keras model as a value of a tag, a GraphDef as an event of its own. */
#include <string.h>

#include "record_format.h"
#include "refusal.h"
#include "tensor_event.h"
#include "writer_event.h"

tblog_status tblog_add_keras_graph(tblog_writer *writer, const char *tag, int64_t step,
                                   const char *model_json)
{
    refusal_begin(writer);
    if (!admit_name(model_json, "the model's JSON")) {
        return TBLOG_INVALID;
    }
    const event_bytes json = {.data = model_json, .count = strlen(model_json)};
    /* A blob sequence of one: [1]. Keras writes rank 0 without a data class, which both loaders
     * convert to this. With the class they use the shape unchanged, and TensorBoard's Python loader
     * then fails to index rank 0. The content is the version of the format, as a digit. */
    event_tensor tensor = {.tag = tag,
                           .plugin = TAG_PLUGIN_KERAS_GRAPH,
                           .plugin_content = {.data = "1", .count = 1},
                           .type = EVENT_STRING,
                           .dims = {1},
                           .rank = 1,
                           .strings = &json,
                           .string_count = 1};
    return tensor_event_add(writer, step, &tensor, 1);
}

typedef struct graph_request {
    event_bytes graph;
} graph_request;

static tblog_status encode_graph(tblog_writer *writer, double wall_time, const void *argument)
{
    const graph_request *request = argument;
    writer->event_lasts = true; /* it is not logged again */
    return event_encode_graph_def(&writer->queue.records, wall_time, 0, request->graph)
               ? TBLOG_OK
               : TBLOG_NO_MEMORY;
}

tblog_status tblog_add_graph_def(tblog_writer *writer, const uint8_t *graph_def, size_t byte_count)
{
    refusal_begin(writer);
    if (!admit(graph_def != NULL && byte_count > 0, "the graph is empty") ||
        !admit(byte_count <= RECORD_PAYLOAD_MAX, "a graph of %zu bytes does not fit into a record",
               byte_count)) {
        return TBLOG_INVALID;
    }
    const graph_request request = {.graph = {.data = graph_def, .count = byte_count}};
    return writer_add_event(writer, encode_graph, &request);
}
