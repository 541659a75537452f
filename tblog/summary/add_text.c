#include <stdlib.h>
#include <string.h>

#include "plain_text.h"
#include "record_format.h"
#include "refusal.h"
#include "tensor_event.h"

static bool admit_whole_text(const char *text)
{
    return admit(text != NULL, "the text is NULL") && admit_text(text, "the text");
}

static tblog_status add_markdown(tblog_writer *writer, const char *tag, int64_t step,
                                 event_bytes markdown)
{
    event_tensor tensor = {.tag = tag,
                           .plugin = TAG_PLUGIN_TEXT,
                           .type = EVENT_STRING,
                           .strings = &markdown,
                           .string_count = 1};
    return tensor_event_add(writer, step, &tensor, 1);
}

tblog_status tblog_add_text(tblog_writer *writer, const char *tag, int64_t step,
                            const char *markdown)
{
    refusal_begin(writer);
    if (!admit_whole_text(markdown)) {
        return TBLOG_INVALID;
    }
    const event_bytes text = {.data = markdown, .count = strlen(markdown)};
    return add_markdown(writer, tag, step, text);
}

tblog_status tblog_add_plain_text(tblog_writer *writer, const char *tag, int64_t step,
                                  const char *text)
{
    refusal_begin(writer);
    if (!admit_whole_text(text)) {
        return TBLOG_INVALID;
    }
    byte_buffer markdown = {0};
    tblog_status status = TBLOG_NO_MEMORY;
    if (plain_text_append_markdown(&markdown, text)) {
        const event_bytes bytes = {.data = (const char *)markdown.data, .count = markdown.size};
        status = add_markdown(writer, tag, step, bytes);
    }
    byte_buffer_free(&markdown);
    return status;
}

/* Fills `strings`; false if a cell is NULL or not UTF-8. */
static bool take_cells(event_bytes *strings, const char *const *cells, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!admit(cells[i] != NULL, "cell %zu is NULL", i) || !admit_text(cells[i], "a cell")) {
            return false;
        }
        strings[i] = (event_bytes){.data = cells[i], .count = strlen(cells[i])};
    }
    return true;
}

tblog_status tblog_add_text_table(tblog_writer *writer, const char *tag, int64_t step,
                                  const char *const *cells, size_t row_count, size_t column_count)
{
    refusal_begin(writer);
    if (!admit(cells != NULL && row_count > 0 && column_count > 0, "a table needs cells") ||
        !admit(row_count <= RECORD_PAYLOAD_MAX / column_count,
               "the table does not fit into a record")) {
        return TBLOG_INVALID;
    }
    const size_t count = row_count * column_count;
    event_bytes *strings = malloc(count * sizeof *strings);
    if (strings == NULL) {
        return TBLOG_NO_MEMORY;
    }
    tblog_status status = TBLOG_INVALID;
    if (take_cells(strings, cells, count)) {
        event_tensor tensor = {.tag = tag,
                               .plugin = TAG_PLUGIN_TEXT,
                               .type = EVENT_STRING,
                               .dims = {(int64_t)row_count, (int64_t)column_count},
                               .rank = 2,
                               .strings = strings,
                               .string_count = count};
        status = tensor_event_add(writer, step, &tensor, 1);
    }
    free(strings);
    return status;
}
