/* Prints any bytes with the decoders of `tblog cat`: as an event, and as the metadata of each
 * plug-in. The result is always one line of JSON. */
#include <jansson.h>
#include <string.h>

#include "event_decode.h"
#include "event_json.h"
#include "fuzz_target.h"
#include "message_json.h"

/* The text must be one JSON object. Frees it. */
static void require_json(char *text, size_t bytes)
{
    json_error_t error;
    json_t *json = json_loadb(text, bytes, JSON_ALLOW_NUL, &error);
    if (json == NULL) {
        fprintf(stderr, "%s: %.*s\n", error.text, (int)bytes, text);
    }
    fuzz_require(json_is_object(json));
    json_decref(json);
    fuzz_require(memchr(text, '\n', bytes) == NULL);
    free(text);
}

static void print_event(const tblog_event *event)
{
    char *text;
    size_t bytes;
    tag_map tags = {0};
    json_out out = {.stream = open_memstream(&text, &bytes)};
    fuzz_require(out.stream != NULL);
    event_json(&out, event, &tags);
    fuzz_require(fclose(out.stream) == 0 && !out.no_memory);
    require_json(text, bytes);
    tag_map_free(&tags);
}

static void print_metadata(const uint8_t *data, size_t size)
{
    static const char *const plugins[] = {"hparams", "scalars",   "histograms", "images", "audio",
                                          "text",    "pr_curves", "mesh",       "other"};
    char *text;
    size_t bytes;
    const tblog_bytes content = {.data = data, .count = size};
    json_out out = {.stream = open_memstream(&text, &bytes)};
    fuzz_require(out.stream != NULL);
    json_out_begin(&out, NULL, '{');
    for (size_t i = 0; i < sizeof plugins / sizeof plugins[0]; i++) {
        message_json_plugin_data(&out, plugins[i], plugins[i], content);
    }
    message_json_layout(&out, "layout", content);
    json_out_end(&out, '}');
    fuzz_require(fclose(out.stream) == 0 && !out.no_memory);
    require_json(text, bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    event_decoder decoder = {0};
    tblog_event event;
    print_metadata(data, size);
    if (event_decode(&decoder, data, size, &event) == TBLOG_OK) {
        print_event(&event);
        for (size_t i = 0; i < event.value_count; i++) {
            const tblog_value *value = event.values[i];
            print_metadata(value->plugin_content.data, value->plugin_content.count);
        }
    }
    event_decoder_free(&decoder);
    return 0;
}
