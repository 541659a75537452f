/* The C side of check_proto.py: converts any message of ours between its bytes and JSON, by the
 * descriptors that protoc-c generated, so that no field can be forgotten.
 *
 *   proto_peer describe              all messages with their fields, as JSON
 *   proto_peer decode NAME           bytes on stdin to JSON: the fields that are set
 *   proto_peer encode NAME           such JSON on stdin to bytes
 *   proto_peer repack NAME           bytes on stdin to bytes, through a parse
 *
 * Bytes are in hexadecimal in the JSON, enums are numbers, maps are lists of {key, value}. */
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "custom_scalars.pb-c.h"
#include "event.pb-c.h"
#include "hparams.pb-c.h"
#include "plugin_data.pb-c.h"

/* The messages that no other message holds; the rest is found from them. */
static const ProtobufCMessageDescriptor *const roots[] = {
    &tblog_pb__event__descriptor,
    &tblog_pb__hparams_plugin_data__descriptor,
    &tblog_pb__layout__descriptor,
    &tblog_pb__scalar_plugin_data__descriptor,
    &tblog_pb__histogram_plugin_data__descriptor,
    &tblog_pb__text_plugin_data__descriptor,
    &tblog_pb__image_plugin_data__descriptor,
    &tblog_pb__audio_plugin_data__descriptor,
    &tblog_pb__pr_curve_plugin_data__descriptor,
    &tblog_pb__mesh_plugin_data__descriptor,
};

static void fail(const char *what)
{
    fprintf(stderr, "proto_peer: %s\n", what);
    exit(1);
}

/* ---- describe ---- */

static const char *const type_names[] = {
    [PROTOBUF_C_TYPE_INT32] = "int32",   [PROTOBUF_C_TYPE_INT64] = "int64",
    [PROTOBUF_C_TYPE_UINT32] = "uint32", [PROTOBUF_C_TYPE_FLOAT] = "float",
    [PROTOBUF_C_TYPE_DOUBLE] = "double", [PROTOBUF_C_TYPE_BOOL] = "bool",
    [PROTOBUF_C_TYPE_ENUM] = "enum",     [PROTOBUF_C_TYPE_STRING] = "string",
    [PROTOBUF_C_TYPE_BYTES] = "bytes",   [PROTOBUF_C_TYPE_MESSAGE] = "message",
};

static json_t *describe_enum(const ProtobufCEnumDescriptor *type)
{
    json_t *values = json_object();
    for (unsigned i = 0; i < type->n_values; i++) {
        json_object_set_new(values, type->values[i].name, json_integer(type->values[i].value));
    }
    return values;
}

static void describe_message(json_t *messages, const ProtobufCMessageDescriptor *type)
{
    if (json_object_get(messages, type->name) != NULL) {
        return;
    }
    json_t *fields = json_array();
    json_object_set_new(messages, type->name, fields);
    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &type->fields[i];
        const char *name = type_names[field->type];
        if (name == NULL) {
            fail("a field of a type that this program does not know");
        }
        json_t *entry = json_object();
        json_array_append_new(fields, entry);
        json_object_set_new(entry, "name", json_string(field->name));
        json_object_set_new(entry, "number", json_integer(field->id));
        json_object_set_new(entry, "type", json_string(name));
        json_object_set_new(entry, "repeated",
                            json_boolean(field->label == PROTOBUF_C_LABEL_REPEATED));
        /* Fields of one oneof share their discriminator. */
        const bool in_oneof = (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
        json_object_set_new(entry, "oneof",
                            in_oneof ? json_integer(field->quantifier_offset) : json_null());
        if (field->type == PROTOBUF_C_TYPE_ENUM) {
            json_object_set_new(entry, "values", describe_enum(field->descriptor));
        }
        if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
            const ProtobufCMessageDescriptor *inner = field->descriptor;
            json_object_set_new(entry, "message", json_string(inner->name));
            describe_message(messages, inner);
        }
    }
}

/* ---- Finding a message's type ---- */

static const ProtobufCMessageDescriptor *find_below(const ProtobufCMessageDescriptor *type,
                                                    const char *name)
{
    if (strcmp(type->name, name) == 0) {
        return type;
    }
    for (unsigned i = 0; i < type->n_fields; i++) {
        if (type->fields[i].type != PROTOBUF_C_TYPE_MESSAGE) {
            continue;
        }
        const ProtobufCMessageDescriptor *found = find_below(type->fields[i].descriptor, name);
        if (found != NULL) {
            return found;
        }
    }
    return NULL;
}

static const ProtobufCMessageDescriptor *find_type(const char *name)
{
    for (size_t i = 0; i < sizeof roots / sizeof roots[0]; i++) {
        const ProtobufCMessageDescriptor *found = find_below(roots[i], name);
        if (found != NULL) {
            return found;
        }
    }
    fail("no message of this name");
    return NULL;
}

/* ---- decode ---- */

static json_t *message_json(const ProtobufCMessage *message);

static size_t element_bytes(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_INT64:
        return sizeof(int64_t);
    case PROTOBUF_C_TYPE_DOUBLE:
        return sizeof(double);
    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    default:
        return 4;
    }
}

static json_t *hex_json(const ProtobufCBinaryData *bytes)
{
    char *hex = malloc(2 * bytes->len + 1);
    for (size_t i = 0; i < bytes->len; i++) {
        snprintf(hex + 2 * i, 3, "%02x", bytes->data[i]);
    }
    json_t *json = json_stringn(hex, 2 * bytes->len);
    free(hex);
    return json;
}

static json_t *real_json(double value)
{
    char text[64];
    snprintf(text, sizeof text, "%a", value);
    return json_string(text);
}

static json_t *element_json(ProtobufCType type, const void *at)
{
    switch (type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_ENUM:
        return json_integer(*(const int32_t *)at);
    case PROTOBUF_C_TYPE_UINT32:
        return json_integer(*(const uint32_t *)at);
    case PROTOBUF_C_TYPE_INT64:
        return json_integer(*(const int64_t *)at);
    case PROTOBUF_C_TYPE_BOOL:
        return json_boolean(*(const protobuf_c_boolean *)at);
    case PROTOBUF_C_TYPE_FLOAT:
        return real_json((double)*(const float *)at);
    case PROTOBUF_C_TYPE_DOUBLE:
        return real_json(*(const double *)at);
    case PROTOBUF_C_TYPE_STRING:
        return json_string(*(char *const *)at);
    case PROTOBUF_C_TYPE_BYTES:
        return hex_json(at);
    case PROTOBUF_C_TYPE_MESSAGE:
        return message_json(*(ProtobufCMessage *const *)at);
    default:
        fail("a field of a type that this program does not know");
        return NULL;
    }
}

/* Whether a single field is set: what proto3 leaves out of the bytes is not. */
static bool is_set(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    const char *base = (const char *)message;
    const void *at = base + field->offset;
    if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0) {
        return *(const uint32_t *)(const void *)(base + field->quantifier_offset) == field->id;
    }
    if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
        return *(void *const *)at != NULL;
    }
    if (field->type == PROTOBUF_C_TYPE_STRING) {
        return (*(char *const *)at)[0] != '\0';
    }
    if (field->type == PROTOBUF_C_TYPE_BYTES) {
        return ((const ProtobufCBinaryData *)at)->len > 0;
    }
    static const char zeros[8];
    return memcmp(at, zeros, element_bytes(field->type)) != 0;
}

static json_t *message_json(const ProtobufCMessage *message)
{
    if (message->n_unknown_fields > 0) {
        fail("there are fields that our messages do not declare");
    }
    json_t *object = json_object();
    const char *base = (const char *)message;
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
        const void *at = base + field->offset;
        if (field->label == PROTOBUF_C_LABEL_REPEATED) {
            const size_t count = *(const size_t *)(const void *)(base + field->quantifier_offset);
            json_t *array = json_array();
            for (size_t k = 0; k < count; k++) {
                json_array_append_new(
                    array, element_json(field->type,
                                        *(const char *const *)at + k * element_bytes(field->type)));
            }
            if (count > 0) {
                json_object_set(object, field->name, array);
            }
            json_decref(array);
        } else if (is_set(message, field)) {
            json_object_set_new(object, field->name, element_json(field->type, at));
        }
    }
    return object;
}

/* ---- encode; every block is malloc's, so that protobuf-c can free the message ---- */

static ProtobufCMessage *message_from_json(const ProtobufCMessageDescriptor *type, json_t *object);

static void *allocate(size_t count, size_t bytes)
{
    void *block = calloc(count == 0 ? 1 : count, bytes);
    if (block == NULL) {
        fail("no memory");
    }
    return block;
}

static ProtobufCBinaryData bytes_from_hex(const char *hex)
{
    const size_t count = strlen(hex) / 2;
    uint8_t *data = allocate(count, 1);
    for (size_t i = 0; i < count; i++) {
        unsigned byte;
        sscanf(hex + 2 * i, "%2x", &byte);
        data[i] = (uint8_t)byte;
    }
    return (ProtobufCBinaryData){.len = count, .data = data};
}

static void store_element(const ProtobufCFieldDescriptor *field, json_t *json, void *at)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_ENUM:
        *(int32_t *)at = (int32_t)json_integer_value(json);
        break;
    case PROTOBUF_C_TYPE_UINT32:
        *(uint32_t *)at = (uint32_t)json_integer_value(json);
        break;
    case PROTOBUF_C_TYPE_INT64:
        *(int64_t *)at = json_integer_value(json);
        break;
    case PROTOBUF_C_TYPE_BOOL:
        *(protobuf_c_boolean *)at = json_is_true(json);
        break;
    case PROTOBUF_C_TYPE_FLOAT:
        *(float *)at = strtof(json_string_value(json), NULL);
        break;
    case PROTOBUF_C_TYPE_DOUBLE:
        *(double *)at = strtod(json_string_value(json), NULL);
        break;
    case PROTOBUF_C_TYPE_STRING:
        *(char **)at = strdup(json_string_value(json));
        break;
    case PROTOBUF_C_TYPE_BYTES:
        *(ProtobufCBinaryData *)at = bytes_from_hex(json_string_value(json));
        break;
    case PROTOBUF_C_TYPE_MESSAGE:
        *(ProtobufCMessage **)at = message_from_json(field->descriptor, json);
        break;
    default:
        fail("a field of a type that this program does not know");
    }
}

static ProtobufCMessage *message_from_json(const ProtobufCMessageDescriptor *type, json_t *object)
{
    ProtobufCMessage *message = allocate(1, type->sizeof_message);
    protobuf_c_message_init(type, message);
    char *base = (char *)message;
    const char *name;
    json_t *json;
    json_object_foreach(object, name, json)
    {
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field_by_name(type, name);
        if (field == NULL) {
            fail("JSON names a field that the message does not have");
        }
        void *at = base + field->offset;
        if (field->label == PROTOBUF_C_LABEL_REPEATED) {
            const size_t count = json_array_size(json);
            char *elements = allocate(count, element_bytes(field->type));
            for (size_t i = 0; i < count; i++) {
                store_element(field, json_array_get(json, i),
                              elements + i * element_bytes(field->type));
            }
            *(size_t *)(void *)(base + field->quantifier_offset) = count;
            *(void **)at = elements;
            continue;
        }
        if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0) {
            *(uint32_t *)(void *)(base + field->quantifier_offset) = field->id;
        }
        store_element(field, json, at);
    }
    return message;
}

/* ---- The program ---- */

static void print_packed(const ProtobufCMessage *message)
{
    const size_t bytes = protobuf_c_message_get_packed_size(message);
    uint8_t *packed = allocate(bytes, 1);
    if (protobuf_c_message_pack(message, packed) != bytes ||
        fwrite(packed, 1, bytes, stdout) != bytes) {
        fail("packing failed");
    }
    free(packed);
}

static ProtobufCMessage *unpack_input(const ProtobufCMessageDescriptor *type)
{
    static uint8_t input[1 << 20];
    const size_t bytes = fread(input, 1, sizeof input, stdin);
    ProtobufCMessage *message = protobuf_c_message_unpack(type, NULL, bytes, input);
    if (message == NULL) {
        fail("the input is not such a message");
    }
    return message;
}

static void print_json(json_t *json)
{
    if (json_dumpf(json, stdout, JSON_COMPACT) != 0) {
        fail("printing failed");
    }
    json_decref(json);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "describe") == 0) {
        json_t *messages = json_object();
        for (size_t i = 0; i < sizeof roots / sizeof roots[0]; i++) {
            describe_message(messages, roots[i]);
        }
        print_json(messages);
        return 0;
    }
    if (argc != 3) {
        fail("usage: proto_peer describe | decode NAME | encode NAME | repack NAME");
    }
    const ProtobufCMessageDescriptor *type = find_type(argv[2]);
    if (strcmp(argv[1], "encode") == 0) {
        json_t *json = json_loadf(stdin, 0, NULL);
        if (json == NULL) {
            fail("the input is not JSON");
        }
        ProtobufCMessage *message = message_from_json(type, json);
        json_decref(json);
        print_packed(message);
        protobuf_c_message_free_unpacked(message, NULL);
        return 0;
    }
    ProtobufCMessage *message = unpack_input(type);
    if (strcmp(argv[1], "decode") == 0) {
        print_json(message_json(message));
    } else {
        print_packed(message);
    }
    protobuf_c_message_free_unpacked(message, NULL);
    return 0;
}
