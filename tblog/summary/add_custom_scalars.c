#include "plugin_content.h"
#include "refusal.h"
#include "tensor_event.h"

static bool is_sound_chart(const tblog_chart *chart)
{
    if (!admit_text(chart->title, "a chart's title") ||
        !admit((chart->tag_count > 0) != (chart->band_count > 0),
               "a chart needs tags or bands, but not both") ||
        !admit(chart->tag_count == 0 || chart->tags != NULL, "a chart's tags are NULL") ||
        !admit(chart->band_count == 0 || chart->bands != NULL, "a chart's bands are NULL")) {
        return false;
    }
    for (size_t i = 0; i < chart->tag_count; i++) {
        if (!admit_name(chart->tags[i], "a chart's tag")) {
            return false;
        }
    }
    for (size_t i = 0; i < chart->band_count; i++) {
        const tblog_band *band = &chart->bands[i];
        if (!admit_name(band->value_tag, "a band's value_tag") ||
            !admit_name(band->lower_tag, "a band's lower_tag") ||
            !admit_name(band->upper_tag, "a band's upper_tag")) {
            return false;
        }
    }
    return true;
}

static bool is_sound_layout(const tblog_category *categories, size_t count)
{
    if (!admit(categories != NULL && count > 0, "a layout needs categories")) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const tblog_category *category = &categories[i];
        if (!admit_text(category->title, "a category's title") ||
            !admit(category->charts != NULL && category->chart_count > 0,
                   "a category needs charts")) {
            return false;
        }
        for (size_t j = 0; j < category->chart_count; j++) {
            if (!is_sound_chart(&category->charts[j])) {
                return false;
            }
        }
    }
    return true;
}

tblog_status tblog_add_custom_scalars_sized(tblog_writer *writer, const tblog_category *categories,
                                            size_t count, size_t category_size, size_t chart_size)
{
    refusal_begin(writer);
    if (!admit_size(category_size, sizeof *categories, "tblog_category") ||
        !admit_size(chart_size, sizeof(tblog_chart), "tblog_chart") ||
        !is_sound_layout(categories, count)) {
        return TBLOG_INVALID;
    }
    byte_buffer layout = {0};
    tblog_status status = TBLOG_NO_MEMORY;
    if (plugin_content_layout(&layout, categories, count)) {
        const event_bytes string = {.data = layout.data, .count = layout.size};
        event_tensor tensor = {.tag = "custom_scalars__config__",
                               .plugin = TAG_PLUGIN_CUSTOM_SCALARS,
                               .type = EVENT_STRING,
                               .strings = &string,
                               .string_count = 1};
        status = tensor_event_add(writer, 0, &tensor, 1);
    }
    byte_buffer_free(&layout);
    return status;
}
