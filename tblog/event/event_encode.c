#include "event_encode.h"

#include "event.pb-c.h"
#include "little_endian.h"

bool event_encode(byte_buffer *out, const TblogPb__Event *event)
{
    if (!byte_buffer_reserve(out, tblog_pb__event__get_packed_size(event))) {
        return false;
    }
    out->size += tblog_pb__event__pack(event, out->data + out->size);
    return true;
}

static bool encode_summary(byte_buffer *out, double wall_time, int64_t step,
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
    return event_encode(out, &event);
}

bool event_encode_file_version(byte_buffer *out, double wall_time, const char *writer)
{
    TblogPb__SourceMetadata source = TBLOG_PB__SOURCE_METADATA__INIT;
    source.writer = (char *)writer;
    TblogPb__Event event = TBLOG_PB__EVENT__INIT;
    event.wall_time = wall_time;
    event.what_case = TBLOG_PB__EVENT__WHAT_FILE_VERSION;
    event.file_version = (char *)"brain.Event:2";
    event.source_metadata = &source;
    return event_encode(out, &event);
}

/* The metadata that all tags of one plugin share. */
typedef struct plugin_metadata {
    TblogPb__SummaryMetadata metadata;
    TblogPb__SummaryMetadata__PluginData plugin;
} plugin_metadata;

static void plugin_metadata_init(plugin_metadata *self, const char *plugin_name,
                                 event_bytes content, TblogPb__DataClass data_class)
{
    tblog_pb__summary_metadata__plugin_data__init(&self->plugin);
    self->plugin.plugin_name = (char *)plugin_name;
    self->plugin.content.data = (uint8_t *)content.data;
    self->plugin.content.len = content.count;
    tblog_pb__summary_metadata__init(&self->metadata);
    self->metadata.plugin_data = &self->plugin;
    self->metadata.data_class = data_class;
}

/* ---- Tensors ---- */

/* TensorBoard's name of a plugin, and its data class. */
static const struct {
    const char *name;
    TblogPb__DataClass data_class;
} plugins[] = {
#define ROW(constant, name, storage, words)                                                        \
    [constant] = {name, TBLOG_PB__DATA_CLASS__DATA_CLASS_##storage},
    TAG_PLUGIN_LIST(ROW)
#undef ROW
};

/* The messages of one tensor, which point to each other. */
typedef struct tensor_messages {
    TblogPb__Summary__Value value;
    TblogPb__TensorProto tensor;
    TblogPb__TensorShapeProto shape;
    TblogPb__TensorShapeProto__Dim dims[EVENT_RANK_MAX];
    TblogPb__TensorShapeProto__Dim *dim_pointers[EVENT_RANK_MAX];
    plugin_metadata metadata;
} tensor_messages;

static size_t element_bytes(event_type type)
{
    return type == EVENT_DOUBLE ? 8 : type == EVENT_UINT8 ? 1 : 4;
}

/* `strings` has room for the tensor's strings, `content` for its elements. */
static void fill_tensor(tensor_messages *messages, ProtobufCBinaryData *strings, uint8_t *content,
                        const event_tensor *tensor)
{
    tblog_pb__tensor_shape_proto__init(&messages->shape);
    messages->shape.n_dim = tensor->rank;
    messages->shape.dim = messages->dim_pointers;
    for (size_t i = 0; i < tensor->rank; i++) {
        tblog_pb__tensor_shape_proto__dim__init(&messages->dims[i]);
        messages->dims[i].size = tensor->dims[i];
        messages->dim_pointers[i] = &messages->dims[i];
    }
    for (size_t i = 0; i < tensor->string_count; i++) {
        strings[i].len = tensor->strings[i].count;
        strings[i].data = (uint8_t *)tensor->strings[i].data;
    }
    tblog_pb__tensor_proto__init(&messages->tensor);
    messages->tensor.dtype = (TblogPb__DataType)tensor->type;
    messages->tensor.tensor_shape = &messages->shape;
    if (tensor->rank == 0 && tensor->type == EVENT_FLOAT) {
        /* The only form of a scalar's tensor that all readers accept. */
        messages->tensor.n_float_val = 1;
        messages->tensor.float_val = (float *)tensor->content.data;
    } else {
        messages->tensor.tensor_content.len = tensor->content.count;
        messages->tensor.tensor_content.data = content;
        little_endian_store_array(content, tensor->content.data, tensor->content.count,
                                  element_bytes(tensor->type));
    }
    messages->tensor.n_string_val = tensor->string_count;
    messages->tensor.string_val = strings;
}

static void fill_value(tensor_messages *messages, const event_tensor *tensor)
{
    tblog_pb__summary__value__init(&messages->value);
    messages->value.tag = (char *)tensor->tag;
    messages->value.value_case = TBLOG_PB__SUMMARY__VALUE__VALUE_TENSOR;
    messages->value.tensor = &messages->tensor;
    if (!tensor->with_metadata) {
        return;
    }
    plugin_metadata_init(&messages->metadata, plugins[tensor->plugin].name, tensor->plugin_content,
                         plugins[tensor->plugin].data_class);
    messages->value.metadata = &messages->metadata.metadata;
}

bool event_encode_tensors(byte_buffer *out, byte_buffer *scratch, double wall_time, int64_t step,
                          const event_tensor *tensors, size_t count)
{
    size_t string_count = 0;
    size_t content_bytes = 0;
    for (size_t i = 0; i < count; i++) {
        string_count += tensors[i].string_count;
        content_bytes += tensors[i].content.count;
    }
    /* In one block: the messages, the pointers to the values, the strings, and the elements in the
     * file's byte order. The sum cannot overflow: the caller's own array of strings is as large as
     * ours, and the elements fit into a record. */
    tensor_messages *messages;
    TblogPb__Summary__Value **pointers;
    ProtobufCBinaryData *strings;
    if (!byte_buffer_reserve(scratch, count * (sizeof *messages + sizeof *pointers) +
                                          string_count * sizeof *strings + content_bytes)) {
        return false;
    }
    messages = (void *)scratch->data;
    pointers = (void *)(messages + count);
    strings = (void *)(pointers + count);
    uint8_t *content = (void *)(strings + string_count);
    for (size_t i = 0; i < count; i++) {
        fill_tensor(&messages[i], strings, content, &tensors[i]);
        fill_value(&messages[i], &tensors[i]);
        strings += tensors[i].string_count;
        content += tensors[i].content.count;
        pointers[i] = &messages[i].value;
    }
    return encode_summary(out, wall_time, step, pointers, count);
}

bool event_encode_graph_def(byte_buffer *out, double wall_time, int64_t step, event_bytes graph)
{
    TblogPb__Event event = TBLOG_PB__EVENT__INIT;
    event.wall_time = wall_time;
    event.step = step;
    event.what_case = TBLOG_PB__EVENT__WHAT_GRAPH_DEF;
    event.graph_def.data = (uint8_t *)graph.data;
    event.graph_def.len = graph.count;
    return event_encode(out, &event);
}
