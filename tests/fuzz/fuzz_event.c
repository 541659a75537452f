/* Decodes any payload as an event. All of the decoded data can be read. It is the same if an
 * unknown field follows, for which the decoder takes its general path instead of the fast one. */
#include <string.h>

#include "event_decode.h"
#include "fuzz_target.h"
#include "utf8.h"

static bool same_bytes(const void *a, const void *b, size_t bytes)
{
    return bytes == 0 || memcmp(a, b, bytes) == 0;
}

static void require_text(const char *a, const char *b)
{
    fuzz_require((a == NULL) == (b == NULL));
    fuzz_require(a == NULL || (strcmp(a, b) == 0 && utf8_is_valid(a, strlen(a))));
}

static void require_same_bytes(tblog_bytes a, tblog_bytes b)
{
    fuzz_require(a.count == b.count && same_bytes(a.data, b.data, a.count));
}

static void require_same_value(const tblog_value *a, const tblog_value *b)
{
    require_text(a->tag, b->tag);
    require_text(a->plugin, b->plugin);
    fuzz_require(a->tag != NULL && a->plugin != NULL);
    fuzz_require(a->kind == b->kind && memcmp(&a->scalar, &b->scalar, sizeof a->scalar) == 0);
    require_same_bytes(a->plugin_content, b->plugin_content);
    require_text(a->display_name, b->display_name);
    require_text(a->description, b->description);
    fuzz_require(a->display_name != NULL && a->description != NULL);
    fuzz_require(a->type == b->type && a->data_class == b->data_class);
    fuzz_require(a->rank == b->rank && same_bytes(a->shape, b->shape, a->rank * sizeof *a->shape));
    fuzz_require(a->number_count == b->number_count &&
                 same_bytes(a->numbers, b->numbers, a->number_count * sizeof *a->numbers));
    fuzz_require(a->string_count == b->string_count);
    for (size_t i = 0; i < a->string_count; i++) {
        require_same_bytes(a->strings[i], b->strings[i]);
    }
}

static void require_same_event(const tblog_event *a, const tblog_event *b)
{
    fuzz_require(memcmp(&a->wall_time, &b->wall_time, sizeof a->wall_time) == 0);
    fuzz_require(a->step == b->step && strcmp(a->content, b->content) == 0);
    require_text(a->file_version, b->file_version);
    require_text(a->writer, b->writer);
    require_same_bytes(a->serialized, b->serialized);
    require_text(a->run_metadata, b->run_metadata);
    require_text(a->message, b->message);
    require_text(a->checkpoint_path, b->checkpoint_path);
    fuzz_require(a->state == b->state);
    fuzz_require(a->value_count == b->value_count);
    for (size_t i = 0; i < a->value_count; i++) {
        require_same_value(a->values[i], b->values[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t unknown_field[] = {15 << 3, 0};
    event_decoder decoder = {0};
    event_decoder general = {0};
    tblog_event event;
    tblog_event expected;
    const tblog_status status = event_decode(&decoder, data, size, &event);
    fuzz_require(status == TBLOG_OK || (status == TBLOG_DAMAGED && decoder.problem != NULL));
    if (status == TBLOG_OK) {
        uint8_t *longer = malloc(size + sizeof unknown_field);
        fuzz_require(longer != NULL);
        if (size > 0) {
            memcpy(longer, data, size);
        }
        memcpy(longer + size, unknown_field, sizeof unknown_field);
        fuzz_require(event_decode(&general, longer, size + sizeof unknown_field, &expected) ==
                     TBLOG_OK);
        require_same_event(&event, &expected);
        free(longer);
    }
    event_decoder_free(&general);
    event_decoder_free(&decoder);
    return 0;
}
