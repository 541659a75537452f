#include "family.h"

#include <stdlib.h>
#include <string.h>

const char *family_place_key(family_place place)
{
    static const char *const keys[FAMILY_PLACES] = {
        [FAMILY_MEMBER] = "member",
        [FAMILY_OTHER_PROGRAM] = "other_program",
        [FAMILY_OTHER_DATA] = "other_data",
        [FAMILY_OTHER_EPOCHS] = "other_epochs",
        [FAMILY_OTHER_ENGINE] = "other_engine",
        [FAMILY_REPEATED] = "repeated",
    };
    return keys[place];
}

const char *family_place_reason(family_place place)
{
    static const char *const reasons[FAMILY_PLACES] = {
        [FAMILY_MEMBER] = "",
        [FAMILY_OTHER_PROGRAM] = "another program",
        [FAMILY_OTHER_DATA] = "other data",
        [FAMILY_OTHER_EPOCHS] = "other epochs",
        [FAMILY_OTHER_ENGINE] = "another engine or precision",
        [FAMILY_REPEATED] = "repeated seeds",
    };
    return reasons[place];
}

/* What decides which family is chosen. */
typedef struct candidate {
    const compared_run *first;
    size_t batch_sizes; /* with a finished run */
    size_t finished;
    uint32_t last_batch_size; /* the last one counted; runs are sorted by it */
} candidate;

/* The other run's place with regard to the first one's family. */
static family_place place_of(const compared_run *first, const compared_run *run)
{
    const run_config *config = &first->record.config;
    const run_config *other = &run->record.config;
    if (first->is_foreign != run->is_foreign) {
        return FAMILY_OTHER_PROGRAM;
    }
    if (config->data_crc32 != other->data_crc32 ||
        config->training_samples != other->training_samples ||
        config->validation_samples != other->validation_samples) {
        return FAMILY_OTHER_DATA;
    }
    if (config->epochs != other->epochs) {
        return FAMILY_OTHER_EPOCHS;
    }
    return strcmp(config->engine, other->engine) == 0 && config->precision == other->precision
               ? FAMILY_MEMBER
               : FAMILY_OTHER_ENGINE;
}

static candidate *find(candidate *candidates, size_t count, const compared_run *run)
{
    for (size_t i = 0; i < count; i++) {
        if (place_of(candidates[i].first, run) == FAMILY_MEMBER) {
            return &candidates[i];
        }
    }
    return NULL;
}

static void count_run(candidate *family, const compared_run *run)
{
    if (!compared_run_counts(run)) {
        return;
    }
    family->finished++;
    if (family->last_batch_size != run->record.config.batch_size) {
        family->last_batch_size = run->record.config.batch_size;
        family->batch_sizes++;
    }
}

static bool is_larger(const candidate *left, const candidate *right)
{
    return left->batch_sizes != right->batch_sizes ? left->batch_sizes > right->batch_sizes
                                                   : left->finished > right->finished;
}

bool family_repeats(const run_config *left, const run_config *right)
{
    return left->batch_size == right->batch_size && left->seed == right->seed &&
           left->learning_rate == right->learning_rate;
}

/* Sets the place of every run. Of runs that repeat one another, which are neighbours, one is the
 * member: a finished one if there is any. */
static void set_places(const comparison *all, const compared_run *first, family_place *places)
{
    const compared_run *last = NULL;
    for (size_t i = 0; i < all->count; i++) {
        const compared_run *run = &all->runs[i];
        places[i] = place_of(first, run);
        if (places[i] != FAMILY_MEMBER) {
            continue;
        }
        if (last != NULL && family_repeats(&last->record.config, &run->record.config)) {
            const bool replaces = compared_run_counts(run) && !compared_run_counts(last);
            places[replaces ? last - all->runs : (ptrdiff_t)i] = FAMILY_REPEATED;
            last = replaces ? run : last;
        } else {
            last = run;
        }
    }
}

int family_choose(const comparison *all, family_place *places)
{
    candidate *candidates = calloc(all->count + 1, sizeof *candidates);
    size_t count = 0;
    if (candidates == NULL) {
        return -1;
    }
    for (size_t i = 0; i < all->count; i++) {
        const compared_run *run = &all->runs[i];
        candidate *family = find(candidates, count, run);
        if (family == NULL) {
            family = &candidates[count++];
            family->first = run;
        }
        count_run(family, run);
    }
    const candidate *largest = candidates;
    for (size_t i = 1; i < count; i++) {
        largest = is_larger(&candidates[i], largest) ? &candidates[i] : largest;
    }
    if (count > 0) {
        set_places(all, largest->first, places);
    }
    free(candidates);
    return 0;
}
