#include <stdlib.h>

#include "content_message.h"
#include "hparams.pb-c.h"
#include "plugin_content.h"

static void fill_value(TblogPb__Value *value, const tblog_hparam *hparam)
{
    tblog_pb__value__init(value);
    switch (hparam->type) {
    case TBLOG_HPARAM_NUMBER:
        value->kind_case = TBLOG_PB__VALUE__KIND_NUMBER_VALUE;
        value->number_value = hparam->number;
        break;
    case TBLOG_HPARAM_STRING:
        value->kind_case = TBLOG_PB__VALUE__KIND_STRING_VALUE;
        value->string_value = (char *)hparam->string;
        break;
    case TBLOG_HPARAM_BOOL:
        value->kind_case = TBLOG_PB__VALUE__KIND_BOOL_VALUE;
        value->bool_value = hparam->boolean;
        break;
    }
}

/* ---- Sessions ---- */

bool hparams_content_session_start(byte_buffer *out, double start_time, const char *group_name,
                                   const tblog_hparam *hparams, size_t count)
{
    TblogPb__SessionStartInfo__HparamsEntry *entries =
        content_message_allocate(count, sizeof *entries);
    TblogPb__SessionStartInfo__HparamsEntry **pointers =
        content_message_allocate(count, sizeof *pointers);
    TblogPb__Value *values = content_message_allocate(count, sizeof *values);
    bool done = entries != NULL && pointers != NULL && values != NULL;
    if (done) {
        for (size_t i = 0; i < count; i++) {
            fill_value(&values[i], &hparams[i]);
            tblog_pb__session_start_info__hparams_entry__init(&entries[i]);
            entries[i].key = (char *)hparams[i].name;
            entries[i].value = &values[i];
            pointers[i] = &entries[i];
        }
        TblogPb__SessionStartInfo start = TBLOG_PB__SESSION_START_INFO__INIT;
        start.n_hparams = count;
        start.hparams = pointers;
        if (group_name != NULL) {
            start.group_name = (char *)group_name;
        }
        start.start_time_secs = start_time;
        TblogPb__HParamsPluginData data = TBLOG_PB__HPARAMS_PLUGIN_DATA__INIT;
        data.data_case = TBLOG_PB__HPARAMS_PLUGIN_DATA__DATA_SESSION_START_INFO;
        data.session_start_info = &start;
        done = content_message_pack(out, &data.base);
    }
    free(values);
    free(pointers);
    free(entries);
    return done;
}

bool hparams_content_session_end(byte_buffer *out, double end_time, tblog_session_result result)
{
    TblogPb__SessionEndInfo end = TBLOG_PB__SESSION_END_INFO__INIT;
    end.status = result == TBLOG_SESSION_SUCCEEDED ? TBLOG_PB__STATUS__STATUS_SUCCESS
                                                   : TBLOG_PB__STATUS__STATUS_FAILURE;
    end.end_time_secs = end_time;
    TblogPb__HParamsPluginData data = TBLOG_PB__HPARAMS_PLUGIN_DATA__INIT;
    data.data_case = TBLOG_PB__HPARAMS_PLUGIN_DATA__DATA_SESSION_END_INFO;
    data.session_end_info = &end;
    return content_message_pack(out, &data.base);
}

/* ---- Experiment ---- */

/* The messages of one hyper-parameter, which point to each other. */
typedef struct info_messages {
    TblogPb__HParamInfo info;
    TblogPb__ListValue list;
    TblogPb__Interval interval;
} info_messages;

typedef struct metric_messages {
    TblogPb__MetricInfo info;
    TblogPb__MetricName name;
} metric_messages;

/* All messages of an experiment. */
typedef struct experiment_messages {
    info_messages *infos;
    TblogPb__HParamInfo **info_pointers;
    metric_messages *metrics;
    TblogPb__MetricInfo **metric_pointers;
    TblogPb__Value *values; /* of all domains, one after the other */
    TblogPb__Value **value_pointers;
} experiment_messages;

static bool allocate_experiment(experiment_messages *messages, const tblog_experiment *experiment)
{
    size_t values = 0;
    for (size_t i = 0; i < experiment->hparam_count; i++) {
        values += experiment->hparams[i].value_count;
    }
    messages->infos = content_message_allocate(experiment->hparam_count, sizeof *messages->infos);
    messages->info_pointers =
        content_message_allocate(experiment->hparam_count, sizeof *messages->info_pointers);
    messages->metrics =
        content_message_allocate(experiment->metric_count, sizeof *messages->metrics);
    messages->metric_pointers =
        content_message_allocate(experiment->metric_count, sizeof *messages->metric_pointers);
    messages->values = content_message_allocate(values, sizeof *messages->values);
    messages->value_pointers = content_message_allocate(values, sizeof *messages->value_pointers);
    return messages->infos != NULL && messages->info_pointers != NULL &&
           messages->metrics != NULL && messages->metric_pointers != NULL &&
           messages->values != NULL && messages->value_pointers != NULL;
}

static void free_experiment(const experiment_messages *messages)
{
    free(messages->value_pointers);
    free(messages->values);
    free(messages->metric_pointers);
    free(messages->metrics);
    free(messages->info_pointers);
    free(messages->infos);
}

static TblogPb__HParamType type_of(tblog_hparam_type type)
{
    return type == TBLOG_HPARAM_NUMBER   ? TBLOG_PB__HPARAM_TYPE__DATA_TYPE_FLOAT64
           : type == TBLOG_HPARAM_STRING ? TBLOG_PB__HPARAM_TYPE__DATA_TYPE_STRING
                                         : TBLOG_PB__HPARAM_TYPE__DATA_TYPE_BOOL;
}

/* `values` and `pointers` have room for the domain's values. */
static void fill_info(info_messages *messages, TblogPb__Value *values, TblogPb__Value **pointers,
                      const tblog_hparam_info *hparam)
{
    TblogPb__HParamInfo *info = &messages->info;
    tblog_pb__hparam_info__init(info);
    info->name = (char *)hparam->name;
    if (hparam->display_name != NULL) {
        info->display_name = (char *)hparam->display_name;
    }
    if (hparam->description != NULL) {
        info->description = (char *)hparam->description;
    }
    info->type = type_of(hparam->type);
    if (hparam->value_count > 0) {
        for (size_t i = 0; i < hparam->value_count; i++) {
            fill_value(&values[i], &hparam->values[i]);
            pointers[i] = &values[i];
        }
        tblog_pb__list_value__init(&messages->list);
        messages->list.n_values = hparam->value_count;
        messages->list.values = pointers;
        info->domain_case = TBLOG_PB__HPARAM_INFO__DOMAIN_DOMAIN_DISCRETE;
        info->domain_discrete = &messages->list;
    } else if (hparam->minimum < hparam->maximum) {
        tblog_pb__interval__init(&messages->interval);
        messages->interval.min_value = hparam->minimum;
        messages->interval.max_value = hparam->maximum;
        info->domain_case = TBLOG_PB__HPARAM_INFO__DOMAIN_DOMAIN_INTERVAL;
        info->domain_interval = &messages->interval;
    }
}

static void fill_metric(metric_messages *messages, const tblog_metric_info *metric)
{
    tblog_pb__metric_name__init(&messages->name);
    messages->name.tag = (char *)metric->tag;
    if (metric->group != NULL) {
        messages->name.group = (char *)metric->group;
    }
    tblog_pb__metric_info__init(&messages->info);
    messages->info.name = &messages->name;
    if (metric->display_name != NULL) {
        messages->info.display_name = (char *)metric->display_name;
    }
    if (metric->description != NULL) {
        messages->info.description = (char *)metric->description;
    }
}

bool hparams_content_experiment(byte_buffer *out, double created_time,
                                const tblog_experiment *experiment)
{
    experiment_messages messages = {0};
    if (!allocate_experiment(&messages, experiment)) {
        free_experiment(&messages);
        return false;
    }
    size_t values = 0;
    for (size_t i = 0; i < experiment->hparam_count; i++) {
        fill_info(&messages.infos[i], messages.values + values, messages.value_pointers + values,
                  &experiment->hparams[i]);
        values += experiment->hparams[i].value_count;
        messages.info_pointers[i] = &messages.infos[i].info;
    }
    for (size_t i = 0; i < experiment->metric_count; i++) {
        fill_metric(&messages.metrics[i], &experiment->metrics[i]);
        messages.metric_pointers[i] = &messages.metrics[i].info;
    }
    TblogPb__Experiment message = TBLOG_PB__EXPERIMENT__INIT;
    message.time_created_secs = created_time;
    if (experiment->description != NULL) {
        message.description = (char *)experiment->description;
    }
    message.n_hparam_infos = experiment->hparam_count;
    message.hparam_infos = messages.info_pointers;
    message.n_metric_infos = experiment->metric_count;
    message.metric_infos = messages.metric_pointers;
    TblogPb__HParamsPluginData data = TBLOG_PB__HPARAMS_PLUGIN_DATA__INIT;
    data.data_case = TBLOG_PB__HPARAMS_PLUGIN_DATA__DATA_EXPERIMENT;
    data.experiment = &message;
    const bool done = content_message_pack(out, &data.base);
    free_experiment(&messages);
    return done;
}
