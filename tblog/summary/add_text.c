#include <stdlib.h>
#include <string.h>

#include "record_format.h"
#include "refusal.h"
#include "tensor_event.h"

tblog_status tblog_add_text(tblog_writer *writer, const char *tag, int64_t step,
                            const char *markdown)
{
    refusal_begin(writer);
    if (!admit(markdown != NULL, "the text is NULL") || !admit_text(markdown, "the text")) {
        return TBLOG_INVALID;
    }
    const event_bytes text = {.data = markdown, .count = strlen(markdown)};
    event_tensor tensor = {.tag = tag,
                           .plugin = TAG_PLUGIN_TEXT,
                           .type = EVENT_STRING,
                           .strings = &text,
                           .string_count = 1};
    return tensor_event_add(writer, step, &tensor, 1);
}

/* Fills `strings`; false where a cell is NULL or not UTF-8. */
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
    if (!admit(cells != NULL && row_count > 0 && column_count > 0, "a table of no cells") ||
        !admit(row_count <= RECORD_PAYLOAD_MAX / column_count,
               "a table of too many cells for a record")) {
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
