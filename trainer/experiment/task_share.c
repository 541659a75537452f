#include "task_share.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "number.h"

/* Who starts tasks, and the variables by which each task knows which it is. */
static const struct {
    const char *rank;
    const char *count; /* NULL: the rank is a run's index */
} launchers[] = {
    {"SLURM_ARRAY_TASK_ID", NULL},
    {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"},
    {"PMI_RANK", "PMI_SIZE"},
    {"SLURM_PROCID", "SLURM_NTASKS"},
};
enum { LAUNCHERS = sizeof launchers / sizeof launchers[0] };

bool task_share_is_given(const task_share *share)
{
    return share->is_run || share->count > 0;
}

bool task_share_has(const task_share *share, uint64_t index)
{
    if (share->is_run) {
        return index == share->number;
    }
    return share->count == 0 || index % share->count == share->number;
}

static int read_variable(uint64_t *out, const char *name, char *message)
{
    const char *text = getenv(name);
    if (text == NULL) {
        return message_set(message, "auto: %s is not set", name);
    }
    if (!number_parse(text, 0, UINT32_MAX, out)) {
        return message_set(message, "auto: %s is \"%.60s\", which is not a whole number", name,
                           text);
    }
    return 0;
}

static int parse_auto(task_share *out, char *message)
{
    size_t i = 0;
    while (i < LAUNCHERS && getenv(launchers[i].rank) == NULL) {
        i++;
    }
    if (i == LAUNCHERS) {
        return message_set(message,
                           "auto: no job array, mpirun or srun has set which task this is: give "
                           "I/N, such as 0/4, or see docs/scale_out.md");
    }
    task_share share = {.rank_variable = launchers[i].rank, .count_variable = launchers[i].count};
    share.is_run = share.count_variable == NULL;
    if (read_variable(&share.number, share.rank_variable, message) != 0 ||
        (!share.is_run && read_variable(&share.count, share.count_variable, message) != 0)) {
        return -1;
    }
    if (!share.is_run && share.number >= share.count) {
        return message_set(message, "auto: %s is %" PRIu64 ", but %s is %" PRIu64,
                           share.rank_variable, share.number, share.count_variable, share.count);
    }
    *out = share;
    return 0;
}

/* Cuts "I/N" in two. False if it is not that. */
static bool split(const char *text, uint64_t *number, uint64_t *count)
{
    char first[32];
    const size_t length = strcspn(text, "/");
    if (text[length] == '\0' || length >= sizeof first) {
        return false;
    }
    snprintf(first, sizeof first, "%.*s", (int)length, text);
    return number_parse(first, 0, UINT32_MAX, number) &&
           number_parse(text + length + 1, 1, UINT32_MAX, count);
}

int task_share_parse(task_share *out, const char *text, char *message)
{
    task_share share = {0};
    *out = share;
    if (strcmp(text, "auto") == 0) {
        return parse_auto(out, message);
    }
    if (!split(text, &share.number, &share.count)) {
        return message_set(message, "\"%.60s\" is neither I/N, such as 0/4, nor auto", text);
    }
    if (share.number >= share.count) {
        return message_set(message, "%s: %" PRIu64 " tasks are numbered from 0 to %" PRIu64, text,
                           share.count, share.count - 1);
    }
    *out = share;
    return 0;
}
