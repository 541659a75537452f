#include "message_json.h"

#include <string.h>

#include "bounded_parse.h"
#include "custom_scalars.pb-c.h"
#include "hparams.pb-c.h"
#include "plugin_data.pb-c.h"

static void put_message(json_out *out, const char *key, const ProtobufCMessage *message);

/* ---- Values ---- */

static void put_enum(json_out *out, const char *key, const ProtobufCEnumDescriptor *type,
                     int number)
{
    const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(type, number);
    if (value != NULL) {
        json_out_text(out, key, value->name);
    } else {
        json_out_integer(out, key, number);
    }
}

/* One value of the field's type; the messages that we have are of these types. */
static void put_value(json_out *out, const char *key, const ProtobufCFieldDescriptor *field,
                      const void *at)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
        json_out_integer(out, key, *(const int32_t *)at);
        break;
    case PROTOBUF_C_TYPE_UINT32:
        json_out_integer(out, key, *(const uint32_t *)at);
        break;
    case PROTOBUF_C_TYPE_INT64:
        json_out_integer(out, key, *(const int64_t *)at);
        break;
    case PROTOBUF_C_TYPE_FLOAT:
        json_out_number(out, key, (double)*(const float *)at);
        break;
    case PROTOBUF_C_TYPE_DOUBLE:
        json_out_number(out, key, *(const double *)at);
        break;
    case PROTOBUF_C_TYPE_BOOL:
        json_out_bool(out, key, *(const protobuf_c_boolean *)at != 0);
        break;
    case PROTOBUF_C_TYPE_ENUM:
        put_enum(out, key, field->descriptor, *(const int *)at);
        break;
    case PROTOBUF_C_TYPE_STRING:
        json_out_text(out, key, *(char *const *)at);
        break;
    case PROTOBUF_C_TYPE_BYTES:
        json_out_bytes(out, key, ((const ProtobufCBinaryData *)at)->data,
                       ((const ProtobufCBinaryData *)at)->len);
        break;
    case PROTOBUF_C_TYPE_MESSAGE:
        put_message(out, key, *(const ProtobufCMessage *const *)at);
        break;
    default:
        json_out_text(out, key, "?");
        break;
    }
}

static size_t value_bytes(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_INT64:
        return sizeof(int64_t);
    case PROTOBUF_C_TYPE_DOUBLE:
        return sizeof(double);
    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    default:
        return sizeof(int32_t);
    }
}

/* ---- Fields ---- */

static const void *member(const ProtobufCMessage *message, unsigned offset)
{
    return (const char *)message + offset;
}

/* Whether to print a field of one value: floating-point numbers always, because 0.0 is information
 * (a bound, a time); others if they differ from their type's default, which proto3 leaves out. */
static bool is_set(const ProtobufCFieldDescriptor *field, const ProtobufCMessage *message)
{
    static const ProtobufCBinaryData zero = {0};
    const void *at = member(message, field->offset);
    if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0) {
        return *(const uint32_t *)member(message, field->quantifier_offset) == field->id;
    }
    if (field->type == PROTOBUF_C_TYPE_DOUBLE) {
        return true;
    }
    if (field->type == PROTOBUF_C_TYPE_STRING) {
        return (*(char *const *)at)[0] != '\0';
    }
    if (field->type == PROTOBUF_C_TYPE_BYTES) {
        return ((const ProtobufCBinaryData *)at)->len != 0;
    }
    return memcmp(at, &zero, value_bytes(field->type)) != 0;
}

static bool is_map_entry(const ProtobufCMessageDescriptor *type)
{
    return type == &tblog_pb__session_start_info__hparams_entry__descriptor;
}

static void put_map(json_out *out, const char *key, ProtobufCMessage *const *entries, size_t count)
{
    json_out_begin(out, key, '{');
    for (size_t i = 0; i < count; i++) {
        const TblogPb__SessionStartInfo__HparamsEntry *entry = (void *)entries[i];
        put_message(out, entry->key, (const ProtobufCMessage *)entry->value);
    }
    json_out_end(out, '}');
}

static void put_repeated(json_out *out, const ProtobufCFieldDescriptor *field,
                         const ProtobufCMessage *message)
{
    const size_t count = *(const size_t *)member(message, field->quantifier_offset);
    const char *values = *(char *const *)member(message, field->offset);
    if (count == 0) {
        return;
    }
    if (field->type == PROTOBUF_C_TYPE_MESSAGE && is_map_entry(field->descriptor)) {
        put_map(out, field->name, (void *)values, count);
        return;
    }
    json_out_begin(out, field->name, '[');
    for (size_t i = 0; i < count; i++) {
        put_value(out, NULL, field, values + i * value_bytes(field->type));
    }
    json_out_end(out, ']');
}

/* The one value that is set, as a plain value; null if none is. */
static void put_plain(json_out *out, const char *key, const TblogPb__Value *value)
{
    switch (value == NULL ? TBLOG_PB__VALUE__KIND__NOT_SET : value->kind_case) {
    case TBLOG_PB__VALUE__KIND_NUMBER_VALUE:
        json_out_number(out, key, value->number_value);
        break;
    case TBLOG_PB__VALUE__KIND_STRING_VALUE:
        json_out_text(out, key, value->string_value);
        break;
    case TBLOG_PB__VALUE__KIND_BOOL_VALUE:
        json_out_bool(out, key, value->bool_value != 0);
        break;
    default:
        json_out_null(out, key);
        break;
    }
}

static void put_message(json_out *out, const char *key, const ProtobufCMessage *message)
{
    if (message == NULL || message->descriptor == &tblog_pb__value__descriptor) {
        put_plain(out, key, (const void *)message);
        return;
    }
    json_out_begin(out, key, '{');
    const ProtobufCMessageDescriptor *type = message->descriptor;
    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &type->fields[i];
        if (field->label == PROTOBUF_C_LABEL_REPEATED) {
            put_repeated(out, field, message);
        } else if (is_set(field, message)) {
            put_value(out, field->name, field, member(message, field->offset));
        }
    }
    json_out_end(out, '}');
}

/* ---- Messages ---- */

static void put_content(json_out *out, const char *key, const ProtobufCMessageDescriptor *type,
                        tblog_bytes content)
{
    bounded_parse_problem problem;
    ProtobufCMessage *message = bounded_parse(type, content.data, content.count, &problem);
    if (message == NULL) {
        json_out_base64(out, key, content.data, content.count);
        return;
    }
    put_message(out, key, message);
    protobuf_c_message_free_unpacked(message, NULL);
}

void message_json_layout(json_out *out, const char *key, tblog_bytes content)
{
    put_content(out, key, &tblog_pb__layout__descriptor, content);
}

void message_json_plugin_data(json_out *out, const char *key, const char *plugin,
                              tblog_bytes content)
{
    static const struct {
        const char *plugin;
        const ProtobufCMessageDescriptor *type;
    } known[] = {
        {"audio", &tblog_pb__audio_plugin_data__descriptor},
        {"histograms", &tblog_pb__histogram_plugin_data__descriptor},
        {"hparams", &tblog_pb__hparams_plugin_data__descriptor},
        {"images", &tblog_pb__image_plugin_data__descriptor},
        {"mesh", &tblog_pb__mesh_plugin_data__descriptor},
        {"pr_curves", &tblog_pb__pr_curve_plugin_data__descriptor},
        {"scalars", &tblog_pb__scalar_plugin_data__descriptor},
        {"text", &tblog_pb__text_plugin_data__descriptor},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(plugin, known[i].plugin) == 0) {
            put_content(out, key, known[i].type, content);
            return;
        }
    }
    if (strcmp(plugin, "graph_keras_model") == 0) { /* its version in decimal */
        json_out_bytes(out, key, content.data, content.count);
    } else {
        json_out_base64(out, key, content.data, content.count);
    }
}
