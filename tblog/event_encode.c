#include "event_encode.h"

#include <string.h>

#include "event.pb-c.h"

static bool encode(event_encoder *encoder, const TblogPb__Event *event)
{
    byte_buffer *payload = &encoder->payload;
    payload->size = 0;
    size_t bytes = tblog_pb__event__get_packed_size(event);
    if (!byte_buffer_reserve(payload, bytes))
        return false;
    payload->size = tblog_pb__event__pack(event, payload->data);
    return true;
}

static bool encode_summary(event_encoder *encoder, double wall_time, int64_t step,
                           TblogPb__Summary__Value **values, size_t count)
{
    TblogPb__Summary summary = TBLOG_PB__SUMMARY__INIT;
    summary.n_value = count;
    summary.value = values;
    TblogPb__Event event = TBLOG_PB__EVENT__INIT;
    event.wall_time = wall_time;
    event.step = step;
    event.what_case = TBLOG_PB__EVENT__WHAT_SUMMARY;
    event.summary = &summary;
    return encode(encoder, &event);
}

bool event_encode_file_version(event_encoder *encoder, double wall_time, const char *writer)
{
    TblogPb__SourceMetadata source = TBLOG_PB__SOURCE_METADATA__INIT;
    source.writer = (char *)writer;
    TblogPb__Event event = TBLOG_PB__EVENT__INIT;
    event.wall_time = wall_time;
    event.what_case = TBLOG_PB__EVENT__WHAT_FILE_VERSION;
    event.file_version = (char *)"brain.Event:2";
    event.source_metadata = &source;
    return encode(encoder, &event);
}

/* What the metadata of every tag of one plug-in is. */
typedef struct plugin_metadata {
    TblogPb__SummaryMetadata metadata;
    TblogPb__SummaryMetadata__PluginData plugin;
} plugin_metadata;

static void plugin_metadata_init(plugin_metadata *self, const char *plugin_name,
                                 const char *content, TblogPb__DataClass data_class)
{
    tblog_pb__summary_metadata__plugin_data__init(&self->plugin);
    self->plugin.plugin_name = (char *)plugin_name;
    self->plugin.content.data = (uint8_t *)content;
    self->plugin.content.len = strlen(content);
    tblog_pb__summary_metadata__init(&self->metadata);
    self->metadata.plugin_data = &self->plugin;
    self->metadata.data_class = data_class;
}

bool event_encode_keras_graph(event_encoder *encoder, double wall_time, int64_t step,
                              const char *tag, const char *model_json)
{
    ProtobufCBinaryData json = {.len = strlen(model_json), .data = (uint8_t *)model_json};
    /* A blob sequence of one: [1]. Keras writes rank 0 without a data class, which both loaders
     * turn into this; with the class set they take the shape as it is, and TensorBoard's Python
     * loader then fails to index rank 0. */
    TblogPb__TensorShapeProto__Dim one = TBLOG_PB__TENSOR_SHAPE_PROTO__DIM__INIT;
    one.size = 1;
    TblogPb__TensorShapeProto__Dim *dimensions = &one;
    TblogPb__TensorShapeProto shape = TBLOG_PB__TENSOR_SHAPE_PROTO__INIT;
    shape.n_dim = 1;
    shape.dim = &dimensions;
    TblogPb__TensorProto tensor = TBLOG_PB__TENSOR_PROTO__INIT;
    tensor.dtype = TBLOG_PB__DATA_TYPE__DT_STRING;
    tensor.tensor_shape = &shape;
    tensor.n_string_val = 1;
    tensor.string_val = &json;

    /* The content is the version of the format, as a digit. */
    plugin_metadata graph_metadata;
    plugin_metadata_init(&graph_metadata, "graph_keras_model", "1",
                         TBLOG_PB__DATA_CLASS__DATA_CLASS_BLOB_SEQUENCE);
    TblogPb__Summary__Value value = TBLOG_PB__SUMMARY__VALUE__INIT;
    value.tag = (char *)tag;
    value.value_case = TBLOG_PB__SUMMARY__VALUE__VALUE_TENSOR;
    value.tensor = &tensor;
    value.metadata = &graph_metadata.metadata;
    TblogPb__Summary__Value *pointer = &value;
    return encode_summary(encoder, wall_time, step, &pointer, 1);
}

void event_encoder_free(event_encoder *encoder)
{
    byte_buffer_free(&encoder->payload);
    byte_buffer_free(&encoder->scratch);
}
