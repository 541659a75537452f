/* Hyper-parameters: values without elements, of three fixed tags, whose metadata says it all. */
#include <math.h>
#include <string.h>

#include "plugin_content.h"
#include "refusal.h"
#include "tensor_event.h"
#include "writer_event.h"

/* ---- Checks ---- */

#define TWICE "the hyper-parameter '%s' is there twice"

static bool is_sound_value(const tblog_hparam *hparam)
{
    switch (hparam->type) {
    case TBLOG_HPARAM_NUMBER:
        return admit(isfinite(hparam->number), "a hyper-parameter's number is not finite");
    case TBLOG_HPARAM_STRING:
        return admit(hparam->string != NULL, "a hyper-parameter's string is NULL") &&
               admit_text(hparam->string, "a hyper-parameter's string");
    case TBLOG_HPARAM_BOOL:
        return true;
    }
    return refuse("a hyper-parameter of no known type");
}

static bool are_sound_hparams(const tblog_hparam *hparams, size_t count)
{
    if (!admit(hparams != NULL && count > 0, "a session of no hyper-parameters")) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!admit_name(hparams[i].name, "a hyper-parameter's name") ||
            !is_sound_value(&hparams[i])) {
            return false;
        }
        for (size_t j = 0; j < i; j++) {
            if (strcmp(hparams[i].name, hparams[j].name) == 0) {
                return refuse(TWICE, hparams[i].name);
            }
        }
    }
    return true;
}

static bool is_sound_info(const tblog_hparam_info *info)
{
    if (!admit_name(info->name, "a hyper-parameter's name") ||
        !admit_text(info->display_name, "a hyper-parameter's display_name") ||
        !admit_text(info->description, "a hyper-parameter's description") ||
        !admit(info->values != NULL || info->value_count == 0, "the values of '%s' are NULL",
               info->name)) {
        return false;
    }
    for (size_t i = 0; i < info->value_count; i++) {
        if (!admit(info->values[i].type == info->type, "a value of '%s' is of another type",
                   info->name) ||
            !is_sound_value(&info->values[i])) {
            return false;
        }
    }
    if (info->minimum != info->maximum) {
        return admit(info->type == TBLOG_HPARAM_NUMBER && info->value_count == 0,
                     "'%s' has a range and is no number, or has values too", info->name) &&
               admit(isfinite(info->minimum) && isfinite(info->maximum) &&
                         info->minimum < info->maximum,
                     "the range of '%s' is not one", info->name);
    }
    return admit(info->type == TBLOG_HPARAM_NUMBER || info->type == TBLOG_HPARAM_STRING ||
                     info->type == TBLOG_HPARAM_BOOL,
                 "a hyper-parameter of no known type");
}

static bool is_sound_experiment(const tblog_experiment *experiment)
{
    if (!admit(experiment != NULL, "the experiment is NULL") ||
        !admit(experiment->hparams != NULL && experiment->hparam_count > 0,
               "an experiment of no hyper-parameters") ||
        !admit(experiment->metrics != NULL && experiment->metric_count > 0,
               "an experiment of no metrics") ||
        !admit_text(experiment->description, "the experiment's description")) {
        return false;
    }
    for (size_t i = 0; i < experiment->hparam_count; i++) {
        if (!is_sound_info(&experiment->hparams[i])) {
            return false;
        }
        for (size_t j = 0; j < i; j++) {
            if (strcmp(experiment->hparams[i].name, experiment->hparams[j].name) == 0) {
                return refuse(TWICE, experiment->hparams[i].name);
            }
        }
    }
    for (size_t i = 0; i < experiment->metric_count; i++) {
        const tblog_metric_info *metric = &experiment->metrics[i];
        if (!admit_name(metric->tag, "a metric's tag") ||
            !admit_text(metric->group, "a metric's group") ||
            !admit_text(metric->display_name, "a metric's display_name") ||
            !admit_text(metric->description, "a metric's description")) {
            return false;
        }
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
    if (request->experiment != NULL) {
        return hparams_content_experiment(content, wall_time, request->experiment);
    }
    if (request->hparams != NULL) {
        return hparams_content_session_start(content, wall_time, request->group_name,
                                             request->hparams, request->count);
    }
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
        status = tensor_event_encode(writer, wall_time, 0, &tensor, 1);
    }
    byte_buffer_free(&content);
    return status;
}

tblog_status tblog_add_session_start(tblog_writer *writer, const char *group_name,
                                     const tblog_hparam *hparams, size_t count)
{
    refusal_begin(writer);
    if (!admit_text(group_name, "the group's name") || !are_sound_hparams(hparams, count)) {
        return TBLOG_INVALID;
    }
    const hparams_request request = {.tag = "_hparams_/session_start_info",
                                     .hparams = hparams,
                                     .count = count,
                                     .group_name = group_name};
    return writer_add_event(writer, encode_hparams, &request);
}

tblog_status tblog_add_session_end(tblog_writer *writer, tblog_session_result result)
{
    refusal_begin(writer);
    if (!admit(result == TBLOG_SESSION_SUCCEEDED || result == TBLOG_SESSION_FAILED,
               "a session's result that is none")) {
        return TBLOG_INVALID;
    }
    const hparams_request request = {.tag = "_hparams_/session_end_info", .result = result};
    return writer_add_event(writer, encode_hparams, &request);
}

tblog_status tblog_add_experiment(tblog_writer *writer, const tblog_experiment *experiment)
{
    refusal_begin(writer);
    if (!is_sound_experiment(experiment)) {
        return TBLOG_INVALID;
    }
    const hparams_request request = {.tag = "_hparams_/experiment", .experiment = experiment};
    return writer_add_event(writer, encode_hparams, &request);
}
