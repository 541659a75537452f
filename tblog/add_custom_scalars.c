#include "plugin_content.h"
#include "utf8.h"
#include "writer_internal.h"

static bool is_sound_chart(const tblog_chart *chart)
{
    if (!utf8_is_optional(chart->title) || (chart->tag_count > 0) == (chart->band_count > 0) ||
        (chart->tag_count > 0 && chart->tags == NULL) ||
        (chart->band_count > 0 && chart->bands == NULL))
        return false;
    for (size_t i = 0; i < chart->tag_count; i++) {
        if (!utf8_is_name(chart->tags[i]))
            return false;
    }
    for (size_t i = 0; i < chart->band_count; i++) {
        const tblog_band *band = &chart->bands[i];
        if (!utf8_is_name(band->value_tag) || !utf8_is_name(band->lower_tag) ||
            !utf8_is_name(band->upper_tag))
            return false;
    }
    return true;
}

static bool is_sound_layout(const tblog_category *categories, size_t count)
{
    if (categories == NULL || count == 0)
        return false;
    for (size_t i = 0; i < count; i++) {
        const tblog_category *category = &categories[i];
        if (!utf8_is_optional(category->title) || category->charts == NULL ||
            category->chart_count == 0)
            return false;
        for (size_t j = 0; j < category->chart_count; j++) {
            if (!is_sound_chart(&category->charts[j]))
                return false;
        }
    }
    return true;
}

tblog_status tblog_add_custom_scalars(tblog_writer *writer, const tblog_category *categories,
                                      size_t count)
{
    if (!is_sound_layout(categories, count))
        return TBLOG_INVALID;
    byte_buffer layout = {0};
    tblog_status status = TBLOG_NO_MEMORY;
    if (plugin_content_layout(&layout, categories, count)) {
        const event_bytes string = {.data = layout.data, .count = layout.size};
        event_tensor tensor = {.tag = "custom_scalars__config__",
                               .plugin = TAG_PLUGIN_CUSTOM_SCALARS,
                               .type = EVENT_STRING,
                               .strings = &string,
                               .string_count = 1};
        status = writer_add_tensors(writer, 0, &tensor, 1);
    }
    byte_buffer_free(&layout);
    return status;
}
