#include "plugin_content.h"

#include <stdlib.h>

#include "content_message.h"
#include "custom_scalars.pb-c.h"
#include "plugin_data.pb-c.h"

bool plugin_content_wav(byte_buffer *out)
{
    TblogPb__AudioPluginData data = TBLOG_PB__AUDIO_PLUGIN_DATA__INIT;
    data.encoding = TBLOG_PB__AUDIO_PLUGIN_DATA__ENCODING__WAV;
    return content_message_pack(out, &data.base);
}

bool plugin_content_pr_curve(byte_buffer *out, uint32_t threshold_count)
{
    TblogPb__PrCurvePluginData data = TBLOG_PB__PR_CURVE_PLUGIN_DATA__INIT;
    data.num_thresholds = threshold_count;
    return content_message_pack(out, &data.base);
}

bool plugin_content_mesh(byte_buffer *out, const char *name, mesh_part part, uint32_t components,
                         const char *config_json, const int32_t shape[3])
{
    TblogPb__MeshPluginData data = TBLOG_PB__MESH_PLUGIN_DATA__INIT;
    data.name = (char *)name;
    data.content_type = (TblogPb__MeshPluginData__ContentType)part;
    data.json_config = (char *)config_json;
    data.n_shape = 3;
    data.shape = (int32_t *)shape;
    data.components = components;
    return content_message_pack(out, &data.base);
}

/* ---- Layout ---- */

/* The messages of one chart, which point to each other. */
typedef struct chart_messages {
    TblogPb__Chart chart;
    TblogPb__MultilineChartContent multiline;
    TblogPb__MarginChartContent margin;
} chart_messages;

/* All messages of a layout. The arrays of pointers and of bands are consumed from the front. */
typedef struct layout_messages {
    TblogPb__Category *categories;
    TblogPb__Category **category_pointers;
    chart_messages *charts;
    TblogPb__Chart **chart_pointers;
    TblogPb__MarginChartContent__Series *bands;
    TblogPb__MarginChartContent__Series **band_pointers;
} layout_messages;

static bool allocate_layout(layout_messages *messages, const tblog_category *categories,
                            size_t count)
{
    size_t charts = 0;
    size_t bands = 0;
    for (size_t i = 0; i < count; i++) {
        charts += categories[i].chart_count;
        for (size_t j = 0; j < categories[i].chart_count; j++) {
            bands += categories[i].charts[j].band_count;
        }
    }
    messages->categories = content_message_allocate(count, sizeof *messages->categories);
    messages->category_pointers =
        content_message_allocate(count, sizeof *messages->category_pointers);
    messages->charts = content_message_allocate(charts, sizeof *messages->charts);
    messages->chart_pointers = content_message_allocate(charts, sizeof *messages->chart_pointers);
    messages->bands = content_message_allocate(bands, sizeof *messages->bands);
    messages->band_pointers = content_message_allocate(bands, sizeof *messages->band_pointers);
    return messages->categories != NULL && messages->category_pointers != NULL &&
           messages->charts != NULL && messages->chart_pointers != NULL &&
           messages->bands != NULL && messages->band_pointers != NULL;
}

static void free_layout(const layout_messages *messages)
{
    free(messages->band_pointers);
    free(messages->bands);
    free(messages->chart_pointers);
    free(messages->charts);
    free(messages->category_pointers);
    free(messages->categories);
}

static void fill_bands(TblogPb__MarginChartContent *margin, layout_messages *left,
                       const tblog_chart *chart)
{
    tblog_pb__margin_chart_content__init(margin);
    margin->n_series = chart->band_count;
    margin->series = left->band_pointers;
    for (size_t i = 0; i < chart->band_count; i++) {
        TblogPb__MarginChartContent__Series *series = left->bands++;
        tblog_pb__margin_chart_content__series__init(series);
        series->value = (char *)chart->bands[i].value_tag;
        series->lower = (char *)chart->bands[i].lower_tag;
        series->upper = (char *)chart->bands[i].upper_tag;
        *left->band_pointers++ = series;
    }
}

static void fill_chart(layout_messages *left, const tblog_chart *chart)
{
    chart_messages *messages = left->charts++;
    tblog_pb__chart__init(&messages->chart);
    *left->chart_pointers++ = &messages->chart;
    if (chart->title != NULL) {
        messages->chart.title = (char *)chart->title;
    }
    if (chart->band_count > 0) {
        fill_bands(&messages->margin, left, chart);
        messages->chart.content_case = TBLOG_PB__CHART__CONTENT_MARGIN;
        messages->chart.margin = &messages->margin;
        return;
    }
    tblog_pb__multiline_chart_content__init(&messages->multiline);
    messages->multiline.n_tag = chart->tag_count;
    messages->multiline.tag = (char **)chart->tags;
    messages->chart.content_case = TBLOG_PB__CHART__CONTENT_MULTILINE;
    messages->chart.multiline = &messages->multiline;
}

bool plugin_content_layout(byte_buffer *out, const tblog_category *categories, size_t count)
{
    layout_messages messages = {0};
    if (!allocate_layout(&messages, categories, count)) {
        free_layout(&messages);
        return false;
    }
    layout_messages left = messages;
    for (size_t i = 0; i < count; i++) {
        TblogPb__Category *category = &messages.categories[i];
        messages.category_pointers[i] = category;
        tblog_pb__category__init(category);
        if (categories[i].title != NULL) {
            category->title = (char *)categories[i].title;
        }
        category->closed = categories[i].closed;
        category->n_chart = categories[i].chart_count;
        category->chart = left.chart_pointers;
        for (size_t j = 0; j < categories[i].chart_count; j++) {
            fill_chart(&left, &categories[i].charts[j]);
        }
    }
    TblogPb__Layout layout = TBLOG_PB__LAYOUT__INIT;
    layout.n_category = count;
    layout.category = messages.category_pointers;
    const bool done = content_message_pack(out, &layout.base);
    free_layout(&messages);
    return done;
}
