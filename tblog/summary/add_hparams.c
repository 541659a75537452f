/* Hyper-parameters: values of three fixed tags, whose content is all in the metadata. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "plugin_content.h"
#include "refusal.h"
#include "tensor_event.h"
#include "utf8.h"
#include "writer_event.h"

/* ---- Checks ---- */

#define DUPLICATE "duplicate hyper-parameter '%s'"

/* Whether the name is valid; `number` is its place in the list, from 1, for the message. */
static bool is_sound_name(const char *name, size_t number)
{
    char what[64];
    snprintf(what, sizeof what, "the name of hyper-parameter number %zu", number);
    return admit_name(name, what);
}

static bool is_sound_text(const char *text, const char *what, const char *name)
{
    return admit(text == NULL || utf8_is_valid(text, strlen(text)),
                 "the %s of hyper-parameter '%s' is not valid UTF-8", what, name);
}

static bool is_sound_type(tblog_hparam_type type, const char *name)
{
    return admit(type == TBLOG_HPARAM_NUMBER || type == TBLOG_HPARAM_STRING ||
                     type == TBLOG_HPARAM_BOOL,
                 "the hyper-parameter '%s' has an unknown type", name);
}

static bool is_sound_value(const tblog_hparam *hparam, const char *name)
{
    if (hparam->type == TBLOG_HPARAM_NUMBER) {
        return admit(isfinite(hparam->number), "the hyper-parameter '%s' is not finite: %g", name,
                     hparam->number);
    }
    if (hparam->type == TBLOG_HPARAM_STRING) {
        return admit(hparam->string != NULL, "the string of hyper-parameter '%s' is NULL", name) &&
               is_sound_text(hparam->string, "string", name);
    }
    return is_sound_type(hparam->type, name);
}

static bool are_sound_hparams(const tblog_hparam *hparams, size_t count)
{
    if (!admit(hparams != NULL && count > 0, "a session needs hyper-parameters")) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!is_sound_name(hparams[i].name, i + 1) ||
            !is_sound_value(&hparams[i], hparams[i].name)) {
            return false;
        }
        for (size_t j = 0; j < i; j++) {
            if (strcmp(hparams[i].name, hparams[j].name) == 0) {
                return refuse(DUPLICATE, hparams[i].name);
            }
        }
    }
    return true;
}

static bool is_sound_range(const tblog_hparam_info *info)
{
    return admit(info->type == TBLOG_HPARAM_NUMBER && info->value_count == 0,
                 "'%s' cannot have a range: it is not a number, or it has values", info->name) &&
           admit(isfinite(info->minimum) && isfinite(info->maximum) &&
                     info->minimum < info->maximum,
                 "the range of '%s' is not finite or not ascending", info->name);
}

static bool is_sound_info(const tblog_hparam_info *info, size_t number)
{
    if (!is_sound_name(info->name, number) ||
        !is_sound_text(info->display_name, "display_name", info->name) ||
        !is_sound_text(info->description, "description", info->name) ||
        !is_sound_type(info->type, info->name) ||
        !admit(info->values != NULL || info->value_count == 0, "the values of '%s' are NULL",
               info->name)) {
        return false;
    }
    for (size_t i = 0; i < info->value_count; i++) {
        if (!admit(info->values[i].type == info->type, "a value of '%s' has another type",
                   info->name) ||
            !is_sound_value(&info->values[i], info->name)) {
            return false;
        }
    }
    return info->minimum == info->maximum || is_sound_range(info);
}

static bool is_sound_experiment(const tblog_experiment *experiment)
{
    if (!admit(experiment != NULL, "the experiment is NULL") ||
        !admit(experiment->hparams != NULL && experiment->hparam_count > 0,
               "an experiment needs hyper-parameters") ||
        !admit(experiment->metrics != NULL && experiment->metric_count > 0,
               "an experiment needs metrics") ||
        !admit_text(experiment->description, "the experiment's description")) {
        return false;
    }
    for (size_t i = 0; i < experiment->hparam_count; i++) {
        if (!is_sound_info(&experiment->hparams[i], i + 1)) {
            return false;
        }
        for (size_t j = 0; j < i; j++) {
            if (strcmp(experiment->hparams[i].name, experiment->hparams[j].name) == 0) {
                return refuse(DUPLICATE, experiment->hparams[i].name);
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

/* A value of one of the three tags. */
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

tblog_status tblog_add_session_start_sized(tblog_writer *writer, const char *group_name,
                                           const tblog_hparam *hparams, size_t count,
                                           size_t hparam_size)
{
    refusal_begin(writer);
    if (!admit_size(hparam_size, sizeof *hparams, "tblog_hparam") ||
        !admit_text(group_name, "the group's name") || !are_sound_hparams(hparams, count)) {
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
               "unknown session result %d", (int)result)) {
        return TBLOG_INVALID;
    }
    const hparams_request request = {.tag = "_hparams_/session_end_info", .result = result};
    return writer_add_event(writer, encode_hparams, &request);
}

tblog_status tblog_add_experiment_sized(tblog_writer *writer, const tblog_experiment *experiment,
                                        size_t experiment_size, size_t info_size,
                                        size_t hparam_size, size_t metric_size)
{
    refusal_begin(writer);
    if (!admit_size(experiment_size, sizeof *experiment, "tblog_experiment") ||
        !admit_size(info_size, sizeof(tblog_hparam_info), "tblog_hparam_info") ||
        !admit_size(hparam_size, sizeof(tblog_hparam), "tblog_hparam") ||
        !admit_size(metric_size, sizeof(tblog_metric_info), "tblog_metric_info") ||
        !is_sound_experiment(experiment)) {
        return TBLOG_INVALID;
    }
    const hparams_request request = {.tag = "_hparams_/experiment", .experiment = experiment};
    return writer_add_event(writer, encode_hparams, &request);
}
