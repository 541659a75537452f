/* Hyper-parameters: values without elements, of three fixed tags, whose metadata says it all. */
#include <math.h>
#include <string.h>

#include "plugin_content.h"
#include "utf8.h"
#include "writer_internal.h"

/* ---- Checks ---- */

static bool is_sound_value(const tblog_hparam *hparam)
{
    switch (hparam->type) {
    case TBLOG_HPARAM_NUMBER:
        return isfinite(hparam->number);
    case TBLOG_HPARAM_STRING:
        return hparam->string != NULL && utf8_is_optional(hparam->string);
    case TBLOG_HPARAM_BOOL:
        return true;
    }
    return false;
}

static bool are_sound_hparams(const tblog_hparam *hparams, size_t count)
{
    if (hparams == NULL || count == 0)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!utf8_is_name(hparams[i].name) || !is_sound_value(&hparams[i]))
            return false;
        for (size_t j = 0; j < i; j++) {
            if (strcmp(hparams[i].name, hparams[j].name) == 0)
                return false;
        }
    }
    return true;
}

static bool is_sound_info(const tblog_hparam_info *info)
{
    if (!utf8_is_name(info->name) || !utf8_is_optional(info->display_name) ||
        !utf8_is_optional(info->description) || (info->values == NULL && info->value_count > 0))
        return false;
    for (size_t i = 0; i < info->value_count; i++) {
        if (info->values[i].type != info->type || !is_sound_value(&info->values[i]))
            return false;
    }
    bool has_interval = info->minimum != info->maximum;
    if (has_interval)
        return info->type == TBLOG_HPARAM_NUMBER && info->value_count == 0 &&
               isfinite(info->minimum) && isfinite(info->maximum) && info->minimum < info->maximum;
    return info->type == TBLOG_HPARAM_NUMBER || info->type == TBLOG_HPARAM_STRING ||
           info->type == TBLOG_HPARAM_BOOL;
}

static bool is_sound_experiment(const tblog_experiment *experiment)
{
    if (experiment == NULL || experiment->hparams == NULL || experiment->hparam_count == 0 ||
        experiment->metrics == NULL || experiment->metric_count == 0 ||
        !utf8_is_optional(experiment->description))
        return false;
    for (size_t i = 0; i < experiment->hparam_count; i++) {
        if (!is_sound_info(&experiment->hparams[i]))
            return false;
        for (size_t j = 0; j < i; j++) {
            if (strcmp(experiment->hparams[i].name, experiment->hparams[j].name) == 0)
                return false;
        }
    }
    for (size_t i = 0; i < experiment->metric_count; i++) {
        const tblog_metric_info *metric = &experiment->metrics[i];
        if (!utf8_is_name(metric->tag) || !utf8_is_optional(metric->group) ||
            !utf8_is_optional(metric->display_name) || !utf8_is_optional(metric->description))
            return false;
    }
    return true;
}

/* ---- Events ---- */

/* One of the three. */
typedef struct hparams_request {
    const char *tag;
    const tblog_experiment *experiment;
    const tblog_hparam *hparams;
    size_t count;
    const char *group_name;
    tblog_session_result result;
} hparams_request;

static bool make_content(byte_buffer *content, double wall_time, const hparams_request *request)
{
    if (request->experiment != NULL)
        return hparams_content_experiment(content, wall_time, request->experiment);
    if (request->hparams != NULL)
        return hparams_content_session_start(content, wall_time, request->group_name,
                                             request->hparams, request->count);
    return hparams_content_session_end(content, wall_time, request->result);
}

static tblog_status encode_hparams(tblog_writer *writer, double wall_time, const void *argument)
{
    const hparams_request *request = argument;
    byte_buffer content = {0};
    tblog_status status = TBLOG_NO_MEMORY;
    if (make_content(&content, wall_time, request)) {
        event_tensor tensor = {.tag = request->tag,
                               .plugin = TAG_PLUGIN_HPARAMS,
                               .plugin_content = {.data = content.data, .count = content.size},
                               .type = EVENT_FLOAT,
                               .dims = {0},
                               .rank = 1};
        status = writer_encode_tensors(writer, wall_time, 0, &tensor, 1);
    }
    byte_buffer_free(&content);
    return status;
}

tblog_status tblog_add_session_start(tblog_writer *writer, const char *group_name,
                                     const tblog_hparam *hparams, size_t count)
{
    if (!utf8_is_optional(group_name) || !are_sound_hparams(hparams, count))
        return TBLOG_INVALID;
    const hparams_request request = {.tag = "_hparams_/session_start_info",
                                     .hparams = hparams,
                                     .count = count,
                                     .group_name = group_name};
    return writer_add_event(writer, encode_hparams, &request);
}

tblog_status tblog_add_session_end(tblog_writer *writer, tblog_session_result result)
{
    if (result != TBLOG_SESSION_SUCCEEDED && result != TBLOG_SESSION_FAILED)
        return TBLOG_INVALID;
    const hparams_request request = {.tag = "_hparams_/session_end_info", .result = result};
    return writer_add_event(writer, encode_hparams, &request);
}

tblog_status tblog_add_experiment(tblog_writer *writer, const tblog_experiment *experiment)
{
    if (!is_sound_experiment(experiment))
        return TBLOG_INVALID;
    const hparams_request request = {.tag = "_hparams_/experiment", .experiment = experiment};
    return writer_add_event(writer, encode_hparams, &request);
}
