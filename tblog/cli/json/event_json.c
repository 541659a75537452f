#include "event_json.h"

#include <stdlib.h>
#include <string.h>

#include "message_json.h"

enum { TYPE_FLOAT = 1, TYPE_DOUBLE = 2, TYPE_STRING = 7 };

typedef struct number_name {
    int32_t number;
    const char *name;
} number_name;

/* Writes the number's name, or the number if it has none. `names` ends with a NULL name. */
static void put_name(json_out *out, const char *key, int32_t number, const number_name *names)
{
    while (names->name != NULL && names->number != number) {
        names++;
    }
    if (names->name != NULL) {
        json_out_text(out, key, names->name);
    } else {
        json_out_integer(out, key, number);
    }
}

/* ---- Tensors ---- */

static void put_shape(json_out *out, const tblog_value *value)
{
    static const number_name types[] = {
        {1, "float"}, {2, "double"},  {3, "int32"},     {4, "uint8"},
        {5, "int16"}, {6, "int8"},    {7, "string"},    {8, "complex64"},
        {9, "int64"}, {10, "bool"},   {14, "bfloat16"}, {17, "uint16"},
        {19, "half"}, {22, "uint32"}, {23, "uint64"},   {0, NULL}};
    put_name(out, "type", value->type, types);
    json_out_begin(out, "shape", '[');
    for (size_t i = 0; i < value->rank; i++) {
        json_out_integer(out, NULL, value->shape[i]);
    }
    json_out_end(out, ']');
}

static void put_number(json_out *out, const tblog_value *value, size_t at)
{
    if (value->type == TYPE_FLOAT || value->type == TYPE_DOUBLE) {
        json_out_number(out, NULL, value->numbers[at]);
    } else {
        json_out_integer(out, NULL, (int64_t)value->numbers[at]);
    }
}

static void put_numbers(json_out *out, const char *key, const tblog_value *value, size_t begin,
                        size_t end)
{
    json_out_begin(out, key, '[');
    for (size_t i = begin; i < end; i++) {
        put_number(out, value, i);
    }
    json_out_end(out, ']');
}

/* The number of values in the buckets, and the buckets: left, right, count. */
static void put_histogram(json_out *out, const tblog_value *value)
{
    const size_t buckets = value->number_count / 3;
    double count = 0.0;
    for (size_t i = 0; i < buckets; i++) {
        count += value->numbers[3 * i + 2];
    }
    json_out_number(out, "count", count);
    if (buckets > 0) {
        json_out_number(out, "min", value->numbers[0]);
        json_out_number(out, "max", value->numbers[3 * buckets - 2]);
    }
    json_out_begin(out, "buckets", '[');
    for (size_t i = 0; i < buckets; i++) {
        put_numbers(out, NULL, value, 3 * i, 3 * i + 3);
    }
    json_out_end(out, ']');
}

static void put_pr_curve(json_out *out, const tblog_value *value)
{
    static const char *const rows[] = {"true_positives",  "false_positives", "true_negatives",
                                       "false_negatives", "precision",       "recall"};
    const size_t thresholds = value->number_count / 6;
    for (size_t row = 0; row < 6; row++) {
        put_numbers(out, rows[row], value, row * thresholds, (row + 1) * thresholds);
    }
}

/* ---- Strings ---- */

static void put_strings(json_out *out, const tblog_value *value)
{
    json_out_begin(out, "strings", '[');
    for (size_t i = 0; i < value->string_count; i++) {
        json_out_bytes(out, NULL, value->strings[i].data, value->strings[i].count);
    }
    json_out_end(out, ']');
}

static void put_sizes(json_out *out, const char *key, const tblog_value *value, size_t begin)
{
    json_out_begin(out, key, '[');
    for (size_t i = begin; i < value->string_count; i++) {
        json_out_integer(out, NULL, (int64_t)value->strings[i].count);
    }
    json_out_end(out, ']');
}

/* A width or a height: a decimal number, or the string itself if it is not one. */
static void put_side(json_out *out, const char *key, tblog_bytes side)
{
    char text[12] = "";
    const bool fits = side.count > 0 && side.count < sizeof text;
    for (size_t i = 0; fits && i < side.count; i++) {
        text[i] = (char)side.data[i];
    }
    if (fits && strspn(text, "0123456789") == side.count) {
        json_out_integer(out, key, strtoll(text, NULL, 10));
    } else {
        json_out_bytes(out, key, side.data, side.count);
    }
}

/* ---- Values ---- */

static bool is_plugin(const char *plugin, const char *name)
{
    return strcmp(plugin, name) == 0;
}

static void put_string_tensor(json_out *out, const tblog_value *value, const char *plugin)
{
    if (is_plugin(plugin, "images") && value->string_count >= 2) {
        put_side(out, "width", value->strings[0]);
        put_side(out, "height", value->strings[1]);
        put_sizes(out, "image_bytes", value, 2);
    } else if (is_plugin(plugin, "audio")) {
        put_shape(out, value);
        put_sizes(out, "bytes", value, 0);
    } else if (is_plugin(plugin, "custom_scalars") && value->kind == TBLOG_VALUE_STRING) {
        message_json_layout(out, "layout", value->strings[0]);
    } else if (value->kind == TBLOG_VALUE_STRING) {
        json_out_bytes(out, "string", value->strings[0].data, value->strings[0].count);
    } else {
        put_shape(out, value);
        put_strings(out, value);
    }
}

static void put_number_tensor(json_out *out, const tblog_value *value, const char *plugin)
{
    put_shape(out, value);
    const bool is_rows = value->rank == 2 && value->shape[0] == 6 && value->number_count % 6 == 0;
    if (is_plugin(plugin, "histograms")) {
        put_histogram(out, value);
    } else if (is_plugin(plugin, "pr_curves") && is_rows) {
        put_pr_curve(out, value);
    } else if (!is_plugin(plugin, "hparams")) { /* whose data are all in the metadata */
        put_numbers(out, "numbers", value, 0, value->number_count);
    }
}

static void put_metadata(json_out *out, const tblog_value *value)
{
    static const number_name classes[] = {
        {1, "scalar"}, {2, "tensor"}, {3, "blob_sequence"}, {0, NULL}};
    if (value->plugin[0] != '\0') {
        json_out_text(out, "plugin", value->plugin);
    }
    if (value->plugin_content.count > 0) {
        message_json_plugin_data(out, "plugin_data", value->plugin, value->plugin_content);
    }
    if (value->data_class != 0) {
        put_name(out, "data_class", value->data_class, classes);
    }
    if (value->display_name[0] != '\0') {
        json_out_text(out, "display_name", value->display_name);
    }
    if (value->description[0] != '\0') {
        json_out_text(out, "description", value->description);
    }
}

static void put_summary_value(json_out *out, const tblog_value *value, tag_map *tags)
{
    const tag_key wanted = {
        .run = "", .tag = value->tag, .content = "summary", .plugin = value->plugin};
    const tag_key *key = tag_map_get(tags, &wanted, sizeof *key);
    out->no_memory |= key == NULL;
    const char *plugin = key == NULL ? value->plugin : key->plugin;
    json_out_begin(out, NULL, '{');
    json_out_text(out, "tag", value->tag);
    put_metadata(out, value);
    if (value->kind == TBLOG_VALUE_SCALAR) {
        json_out_number(out, "value", value->scalar);
    } else if (value->type == TYPE_STRING) {
        put_string_tensor(out, value, plugin);
    } else if (value->kind == TBLOG_VALUE_NUMBERS) {
        put_number_tensor(out, value, plugin);
    } else if (value->type != 0) {
        put_shape(out, value);
    }
    json_out_end(out, '}');
}

/* ---- Events ---- */

static void put_session_log(json_out *out, const tblog_event *event)
{
    static const number_name states[] = {{1, "START"}, {2, "STOP"}, {3, "CHECKPOINT"}, {0, NULL}};
    put_name(out, "status", event->state, states);
    if (event->checkpoint_path[0] != '\0') {
        json_out_text(out, "checkpoint_path", event->checkpoint_path);
    }
    if (event->message[0] != '\0') {
        json_out_text(out, "message", event->message);
    }
}

static void put_log_message(json_out *out, const tblog_event *event)
{
    static const number_name levels[] = {{10, "DEBUGGING"}, {20, "INFO"},  {30, "WARN"},
                                         {40, "ERROR"},     {50, "FATAL"}, {0, NULL}};
    put_name(out, "level", event->state, levels);
    json_out_text(out, "message", event->message);
}

static void put_values(json_out *out, const tblog_event *event, tag_map *tags)
{
    json_out_begin(out, "values", '[');
    for (size_t i = 0; i < event->value_count; i++) {
        put_summary_value(out, event->values[i], tags);
    }
    json_out_end(out, ']');
}

static void put_content(json_out *out, const tblog_event *event, tag_map *tags)
{
    const int64_t bytes = (int64_t)event->serialized.count;
    if (strcmp(event->content, "summary") == 0) {
        put_values(out, event, tags);
    } else if (strcmp(event->content, "graph_def") == 0) {
        json_out_integer(out, "graph_def_bytes", bytes);
    } else if (strcmp(event->content, "meta_graph_def") == 0) {
        json_out_integer(out, "meta_graph_def_bytes", bytes);
    } else if (strcmp(event->content, "tagged_run_metadata") == 0) {
        json_out_text(out, "tag", event->run_metadata);
        json_out_integer(out, "run_metadata_bytes", bytes);
    } else if (strcmp(event->content, "session_log") == 0) {
        put_session_log(out, event);
    } else if (strcmp(event->content, "log_message") == 0) {
        put_log_message(out, event);
    }
}

void event_json(json_out *out, const tblog_event *event, tag_map *tags)
{
    json_out_begin(out, NULL, '{');
    json_out_integer(out, "offset", (int64_t)event->offset);
    json_out_number(out, "wall_time", event->wall_time);
    json_out_integer(out, "step", event->step);
    json_out_text(out, "content", event->content);
    if (event->file_version != NULL) {
        json_out_text(out, "file_version", event->file_version);
    }
    if (event->writer != NULL) {
        json_out_text(out, "writer", event->writer);
    }
    put_content(out, event, tags);
    json_out_end(out, '}');
}
