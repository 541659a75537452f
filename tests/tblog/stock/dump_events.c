/* dump_events FILE prints each event that tblog_reader finds in a file as a line of JSON. Numbers
 * are strings in hexadecimal, which keep every bit, NaN and infinities; bytes are in hexadecimal
 * too. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "tblog/tblog.h"

static json_t *json_of_number(double number)
{
    return json_sprintf("%a", number);
}

static json_t *json_of_bytes(const uint8_t *bytes, size_t count)
{
    static const char digits[] = "0123456789abcdef";
    char *text = malloc(2 * count + 1);
    if (text == NULL) {
        abort();
    }
    for (size_t i = 0; i < count; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    json_t *json = json_stringn(text, 2 * count);
    free(text);
    return json;
}

static json_t *json_of_value(const tblog_value *value)
{
    static const char *const kinds[] = {[TBLOG_VALUE_OTHER] = "other",
                                        [TBLOG_VALUE_SCALAR] = "scalar",
                                        [TBLOG_VALUE_STRING] = "string",
                                        [TBLOG_VALUE_STRINGS] = "strings",
                                        [TBLOG_VALUE_NUMBERS] = "numbers"};
    json_t *shape = json_array();
    json_t *numbers = json_array();
    json_t *strings = json_array();
    for (size_t i = 0; i < value->rank; i++) {
        json_array_append_new(shape, json_integer((json_int_t)value->shape[i]));
    }
    if (value->kind == TBLOG_VALUE_SCALAR) {
        json_array_append_new(numbers, json_of_number(value->scalar));
    }
    for (size_t i = 0; value->kind == TBLOG_VALUE_NUMBERS && i < value->number_count; i++) {
        json_array_append_new(numbers, json_of_number(value->numbers[i]));
    }
    for (size_t i = 0; i < value->string_count; i++) {
        json_array_append_new(strings,
                              json_of_bytes(value->strings[i].data, value->strings[i].count));
    }
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o}", "tag", value->tag, "plugin",
                     value->plugin, "kind", kinds[value->kind], "shape", shape, "numbers", numbers,
                     "strings", strings, "plugin_content",
                     json_of_bytes(value->plugin_content.data, value->plugin_content.count));
}

static json_t *json_of_event(const tblog_event *event)
{
    json_t *values = json_array();
    for (size_t i = 0; i < event->value_count; i++) {
        json_array_append_new(values, json_of_value(event->values[i]));
    }
    return json_pack("{s:o, s:I, s:s, s:s?, s:s?, s:o, s:o}", "wall_time",
                     json_of_number(event->wall_time), "step", (json_int_t)event->step, "content",
                     event->content, "file_version", event->file_version, "writer", event->writer,
                     "graph_def", json_of_bytes(event->serialized.data, event->serialized.count),
                     "values", values);
}

int main(int argc, char **argv)
{
    tblog_reader *reader;
    if (argc != 2 || tblog_reader_open(&reader, argv[1]) != TBLOG_OK) {
        fprintf(stderr, "dump_events: no file could be opened\n");
        return 1;
    }
    const tblog_event *event;
    tblog_status status;
    bool is_printed = true;
    while (is_printed && (status = tblog_reader_next(reader, &event)) == TBLOG_OK) {
        json_t *json = json_of_event(event);
        is_printed = json_dumpf(json, stdout, JSON_COMPACT) == 0 && putchar('\n') != EOF;
        json_decref(json);
    }
    if (status != TBLOG_END) {
        fprintf(stderr, "dump_events: %s\n", tblog_reader_message(reader));
    }
    tblog_reader_close(reader);
    return is_printed && status == TBLOG_END && fclose(stdout) == 0 ? 0 : 1;
}
