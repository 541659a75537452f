/* tblog cat: an event file as lines of JSON. JSON has no NaN and no infinities; they become the
 * strings "NaN", "Infinity" and "-Infinity". */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "tblog/tblog.h"

/* ---- Events as JSON; NULL without memory ---- */

static json_t *number_json(double number)
{
    if (isnan(number))
        return json_string("NaN");
    if (isinf(number))
        return json_string(number > 0 ? "Infinity" : "-Infinity");
    return json_real(number);
}

static json_t *hex_json(const uint8_t *bytes, size_t count)
{
    static const char digits[] = "0123456789abcdef";
    char *hex = malloc(2 * count + 1);
    if (hex == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        hex[2 * i] = digits[bytes[i] >> 4];
        hex[2 * i + 1] = digits[bytes[i] & 15];
    }
    json_t *json = json_stringn(hex, 2 * count);
    free(hex);
    return json;
}

/* Text as it is; what is not UTF-8 in hexadecimal under another name. */
static int set_bytes(json_t *object, const uint8_t *bytes, size_t count)
{
    json_t *text = json_stringn((const char *)bytes, count);
    if (text != NULL)
        return json_object_set_new(object, "string", text);
    return json_object_set_new(object, "hex", hex_json(bytes, count));
}

/* An array of what `element` makes of each. */
static json_t *array_json(size_t count, json_t *(*element)(const void *, size_t), const void *from)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        if (json_array_append_new(array, element(from, i)) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *dimension_json(const void *shape, size_t i)
{
    return json_integer(((const int64_t *)shape)[i]);
}

static json_t *size_json(const void *strings, size_t i)
{
    return json_integer((json_int_t)((const tblog_bytes *)strings)[i].count);
}

static json_t *text_json(const void *strings, size_t i)
{
    const tblog_bytes *string = &((const tblog_bytes *)strings)[i];
    json_t *text = json_stringn((const char *)string->data, string->count);
    return text != NULL ? text : hex_json(string->data, string->count);
}

static int set_shape(json_t *object, const tblog_value *value)
{
    return json_object_set_new(object, "shape",
                               array_json(value->rank, dimension_json, value->shape));
}

/* Texts as they are; of images and other bytes their sizes. */
static int set_strings(json_t *object, const tblog_value *value, const char *plugin)
{
    if (strcmp(plugin, "images") == 0 && value->string_count >= 2) {
        int failed = json_object_set_new(object, "width", text_json(value->strings, 0));
        failed |= json_object_set_new(object, "height", text_json(value->strings, 1));
        return failed | json_object_set_new(
                            object, "image_bytes",
                            array_json(value->string_count - 2, size_json, value->strings + 2));
    }
    int failed = set_shape(object, value);
    if (strcmp(plugin, "text") == 0)
        return failed |
               json_object_set_new(object, "strings",
                                   array_json(value->string_count, text_json, value->strings));
    return failed | json_object_set_new(object, "bytes",
                                        array_json(value->string_count, size_json, value->strings));
}

/* Of numbers the shape; of a histogram also what its buckets hold. */
static int set_numbers(json_t *object, const tblog_value *value, const char *plugin)
{
    int failed = set_shape(object, value);
    size_t buckets = value->number_count / 3;
    if (strcmp(plugin, "histograms") != 0 || buckets == 0)
        return failed;
    double count = 0.0;
    for (size_t i = 0; i < buckets; i++)
        count += value->numbers[3 * i + 2];
    failed |= json_object_set_new(object, "count", number_json(count));
    failed |= json_object_set_new(object, "min", number_json(value->numbers[0]));
    return failed |
           json_object_set_new(object, "max", number_json(value->numbers[3 * buckets - 2]));
}

static int set_string(json_t *object, const tblog_value *value, const char *plugin)
{
    if (strcmp(plugin, "audio") == 0 || strcmp(plugin, "custom_scalars") == 0)
        return json_object_set_new(object, "bytes", array_json(1, size_json, value->strings));
    return set_bytes(object, value->bytes, value->byte_count);
}

/* `plugins` has the plug-in of each tag so far, for a tag's later values do not name it. */
static json_t *value_json(const tblog_value *value, json_t *plugins)
{
    json_t *object = json_object();
    int failed = json_object_set_new(object, "tag", json_string(value->tag));
    if (value->plugin[0] != '\0') {
        failed |= json_object_set_new(object, "plugin", json_string(value->plugin));
        failed |= json_object_set_new(plugins, value->tag, json_string(value->plugin));
    }
    const char *plugin = json_string_value(json_object_get(plugins, value->tag));
    plugin = plugin == NULL ? "" : plugin;
    if (value->kind == TBLOG_VALUE_SCALAR)
        failed |= json_object_set_new(object, "value", number_json(value->scalar));
    else if (value->kind == TBLOG_VALUE_STRING)
        failed |= set_string(object, value, plugin);
    else if (value->kind == TBLOG_VALUE_STRINGS)
        failed |= set_strings(object, value, plugin);
    else if (value->kind == TBLOG_VALUE_NUMBERS)
        failed |= set_numbers(object, value, plugin);
    if (value->plugin_content_bytes > 0)
        failed |= json_object_set_new(object, "plugin_content_bytes",
                                      json_integer((json_int_t)value->plugin_content_bytes));
    if (failed != 0) {
        json_decref(object);
        return NULL;
    }
    return object;
}

static json_t *values_json(const tblog_event *event, json_t *plugins)
{
    json_t *array = json_array();
    for (size_t i = 0; i < event->value_count; i++) {
        if (json_array_append_new(array, value_json(&event->values[i], plugins)) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *event_json(const tblog_event *event, json_t *plugins)
{
    json_t *object = json_object();
    int failed = json_object_set_new(object, "offset", json_integer((json_int_t)event->offset));
    failed |= json_object_set_new(object, "wall_time", number_json(event->wall_time));
    failed |= json_object_set_new(object, "step", json_integer(event->step));
    failed |= json_object_set_new(object, "content", json_string(event->content));
    if (event->file_version != NULL)
        failed |= json_object_set_new(object, "file_version", json_string(event->file_version));
    if (event->writer != NULL)
        failed |= json_object_set_new(object, "writer", json_string(event->writer));
    if (strcmp(event->content, "summary") == 0)
        failed |= json_object_set_new(object, "values", values_json(event, plugins));
    if (event->graph_def.data != NULL)
        failed |= json_object_set_new(object, "graph_def_bytes",
                                      json_integer((json_int_t)event->graph_def.count));
    if (failed != 0) {
        json_decref(object);
        return NULL;
    }
    return object;
}

/* ---- The command ---- */

/* One line. False with a message on stderr. */
static bool print_event(const tblog_event *event, json_t *plugins)
{
    json_t *json = event_json(event, plugins);
    bool printed = false;
    if (json == NULL)
        fprintf(stderr, "tblog cat: %s\n", tblog_status_string(TBLOG_NO_MEMORY));
    else if (json_dumpf(json, stdout, JSON_COMPACT | JSON_REAL_PRECISION(17)) != 0 ||
             putchar('\n') == EOF)
        fprintf(stderr, "tblog cat: standard output: %s\n", strerror(errno));
    else
        printed = true;
    json_decref(json);
    return printed;
}

static int print_file(const char *path)
{
    tblog_reader *reader;
    tblog_status status = tblog_reader_open(&reader, path);
    if (status != TBLOG_OK) {
        fprintf(stderr, "tblog cat: %s: %s\n", path, strerror(errno));
        return EXIT_STATUS_FAILED;
    }
    tblog_event event;
    bool printed = true;
    json_t *plugins = json_object();
    while (printed && (status = tblog_reader_next(reader, &event)) == TBLOG_OK)
        printed = print_event(&event, plugins);
    if (printed && fflush(stdout) != 0) {
        fprintf(stderr, "tblog cat: standard output: %s\n", strerror(errno));
        printed = false;
    }
    if (printed && status != TBLOG_END)
        fprintf(stderr, "tblog cat: %s: %s\n", path, tblog_reader_message(reader));
    json_decref(plugins);
    tblog_reader_close(reader);
    return !printed                    ? EXIT_STATUS_FAILED
           : status == TBLOG_END       ? EXIT_STATUS_DONE
           : status == TBLOG_TRUNCATED ? EXIT_STATUS_TORN
                                       : EXIT_STATUS_FAILED;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    const char **path = state->input;
    switch (key) {
    case ARGP_KEY_ARG:
        if (*path != NULL)
            argp_error(state, "one file at a time: '%s' is too many", argument);
        *path = argument;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "FILE is missing");
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int command_cat(int argc, char **argv)
{
    static const struct argp argp = {
        .parser = parse_option,
        .args_doc = "FILE",
        .doc = "Print the events of an event file, one JSON object a line.\v"
               "Of tensors the shape is printed, of images and sounds the sizes in bytes, of a "
               "histogram the number of values and their range; values that are not decoded "
               "appear with their tag and plug-in only. NaN and "
               "infinities are the strings \"NaN\", \"Infinity\" and \"-Infinity\"; bytes that are "
               "no UTF-8 are in hexadecimal under \"hex\" instead of \"string\".\n\n"
               "Exit status: 0 all printed; 1 failed, or damaged behind what is printed; 2 wrong "
               "usage; 3 the file ends inside a record."};
    const char *path = NULL;
    if (argp_parse(&argp, argc, argv, 0, NULL, &path) != 0)
        return EXIT_STATUS_USAGE;
    return print_file(path);
}
