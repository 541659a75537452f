/* Chooses the runs that can be compared by batch size. */
#ifndef TRAINER_FAMILY_H
#define TRAINER_FAMILY_H

#include <stdbool.h>

#include "comparison.h"
#include "must_check.h"

/* A family is runs that differ in batch size, learning rate and seed, and in nothing else that
 * changes what they reach. (Micro-batches and the instruction set change last bits only.) */
typedef enum family_place {
    FAMILY_MEMBER,
    FAMILY_OTHER_PROGRAM, /* Keras, if the others are ours */
    FAMILY_OTHER_DATA,    /* other images, or another number of them */
    FAMILY_OTHER_EPOCHS,
    FAMILY_OTHER_ENGINE, /* engine or precision */
    FAMILY_REPEATED,     /* of a member's batch size, learning rate and seed: it adds nothing */
    FAMILY_PLACES
} family_place;

/* "member", "other_program", "other_data", "other_epochs", "other_engine", "repeated": for
 * programs. */
const char *family_place_key(family_place place);

/* Why a run of this place is left out, for people: "other data". "" for a member. */
const char *family_place_reason(family_place place);

/* Do two members have the same batch size, learning rate and seed? */
bool family_repeats(const run_config *left, const run_config *right);

/* Chooses the family with the most batch sizes that have a finished run; of equals the one with the
 * most finished runs, then the first. places[all->count] gets the place of each run. The comparison
 * must be sorted. -1 without memory. */
MUST_CHECK int family_choose(const comparison *all, family_place *places);

#endif
