/* For privacy, the host's name, its users and full paths are left out. */
#include "run_log_text.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "message.h"
#include "printable.h"
#include "run_log_checked.h"

enum { LINE_BYTES = 512 };

/* Text from outside, which must not be interpreted as Markdown or HTML. */
static void put_plain(FILE *out, const char *text)
{
    char clean[LINE_BYTES];
    printable_copy(clean, sizeof clean, text);
    for (const char *at = clean; *at != '\0'; at++) {
        if (strchr("\\`*_{}[]<>()#+!|~&", *at) != NULL) {
            fprintf(out, "&#%d;", *at);
        } else {
            fputc(*at, out);
        }
    }
}

static void put_row(FILE *out, const char *name, const char *value)
{
    fprintf(out, "| %s | ", name);
    put_plain(out, value);
    fputs(" |\n", out);
}

static void put_configuration(FILE *out, const run_log_head *head)
{
    const run_config *config = head->config;
    const uint32_t batches = run_config_steps_per_epoch(config);
    const engine_config settings = run_config_settings(config, 0, NULL);
    fprintf(out,
            "| setting | value |\n|---|---|\n| batch size | %u |\n| epochs | %u |\n"
            "| batches an epoch | %u |\n| iterations | %" PRIu64 " |\n",
            (unsigned)config->batch_size, (unsigned)config->epochs, (unsigned)batches,
            (uint64_t)config->epochs * batches);
    fprintf(out,
            "| optimizer | Adam, learning rate %.10g, beta %.10g and %.10g, epsilon %.10g |\n"
            "| seed | %" PRIu64 " |\n",
            settings.learning_rate, settings.beta_1, settings.beta_2, settings.epsilon,
            config->seed);
    put_row(out, "engine", config->engine);
    put_row(out, "arithmetic", config->arithmetic);
    put_row(out, "precision", engine_precision_name(config->precision));
}

/* From /proc/cpuinfo; "unknown" if it is not there. */
static void find_processor(char out[LINE_BYTES])
{
    char line[LINE_BYTES];
    FILE *file = fopen("/proc/cpuinfo", "re");
    snprintf(out, LINE_BYTES, "unknown");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        const char *value = strstr(line, ": ");
        if (value != NULL && strncmp(line, "model name", strlen("model name")) == 0) {
            snprintf(out, LINE_BYTES, "%.*s", (int)strcspn(value + 2, "\n"), value + 2);
            break;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
}

static void put_host(FILE *out, const run_log_head *head)
{
    char processor[LINE_BYTES];
    char text[LINE_BYTES];
    struct utsname system;
    const double memory = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    find_processor(processor);
    fputs("| property | value |\n|---|---|\n", out);
    put_row(out, "engine runs on", head->hardware);
    fprintf(out, "| engine's memory | %.1f MiB |\n", (double)head->memory->total / 1048576);
    put_row(out, "processor", processor);
    fprintf(out, "| processors online | %ld |\n| memory | %.1f GiB |\n",
            sysconf(_SC_NPROCESSORS_ONLN), memory / 1073741824);
    if (uname(&system) == 0) {
        snprintf(text, sizeof text, "%.80s %.80s %.80s", system.sysname, system.release,
                 system.machine);
        put_row(out, "system", text);
    }
    snprintf(text, sizeof text, "trainer %s, tblog %s", TRAINER_VERSION, tblog_version());
    put_row(out, "software", text);
}

static void count_classes(uint32_t counts[LENET_CLASSES], const dataset_part *set)
{
    memset(counts, 0, LENET_CLASSES * sizeof *counts);
    for (uint32_t i = 0; i < set->count; i++) {
        counts[set->labels[i]]++;
    }
}

/* The last name in a path: "mnist" of "data/mnist/". */
static void copy_last_name(char out[LINE_BYTES], const char *path)
{
    size_t end = strlen(path);
    while (end > 1 && path[end - 1] == '/') {
        end--;
    }
    size_t begin = end;
    while (begin > 0 && path[begin - 1] != '/') {
        begin--;
    }
    snprintf(out, LINE_BYTES, "%.*s", (int)(end - begin), path + begin);
}

static void put_data_set(FILE *out, const run_log_head *head)
{
    const dataset *data = head->data;
    uint32_t training[LENET_CLASSES], validation[LENET_CLASSES];
    char name[LINE_BYTES];
    count_classes(training, &data->training);
    count_classes(validation, &data->validation);
    copy_last_name(name, head->data_path);
    put_plain(out, name);
    fprintf(out, ", CRC-32 %08" PRIx32 "\n\n| class | training | validation |\n|---|---:|---:|\n",
            head->config->data_crc32);
    for (unsigned i = 0; i < LENET_CLASSES; i++) {
        fprintf(out, "| %u | %" PRIu32 " | %" PRIu32 " |\n", i, training[i], validation[i]);
    }
    fprintf(out, "| all | %" PRIu32 " | %" PRIu32 " |\n", data->training.count,
            data->validation.count);
}

typedef void put_function(FILE *out, const run_log_head *head);

/* NULL without memory; else the caller frees it. */
static char *make_text(put_function *put, const run_log_head *head)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    if (out != NULL) {
        put(out, head);
    }
    if (out == NULL || fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

static int add_text(log_part *session, const char *tag, int64_t step, const char *text,
                    char *message)
{
    return text == NULL
               ? message_set(message, "no memory for the run's description")
               : run_log_checked(session->writer, tblog_add_text(session->writer, tag, step, text),
                                 message);
}

/* What does not change. */
static int add_once(log_part *session, const char *tag, put_function *put, const run_log_head *head,
                    char *message)
{
    if (log_part_has(session, tag, 0)) {
        return 0;
    }
    char *text = make_text(put, head);
    const int status = add_text(session, tag, 0, text, message);
    free(text);
    return status;
}

/* Logs at the step of the epochs so far, or after the last text's step: the number of epochs, which
 * is all that may change in the configuration, may change again before an epoch is done. */
static int add_configuration(log_part *session, const run_log_head *head, char *message)
{
    static const char tag[] = "configuration";
    char *text = make_text(put_configuration, head);
    const char *last = logged_points_last_text(&session->logged, tag);
    const int64_t epochs = head->past != NULL ? head->past->epoch_count : 0;
    const int64_t next = logged_points_last_step(&session->logged, tag) + 1;
    const bool is_logged = text != NULL && last != NULL && strcmp(text, last) == 0;
    const int status =
        is_logged ? 0 : add_text(session, tag, epochs > next ? epochs : next, text, message);
    free(text);
    return status;
}

int run_log_text_add(log_part *session, const run_log_head *head, char *message)
{
    return add_configuration(session, head, message) != 0 ||
                   add_once(session, "host", put_host, head, message) != 0 ||
                   add_once(session, "data_set", put_data_set, head, message) != 0
               ? -1
               : 0;
}
