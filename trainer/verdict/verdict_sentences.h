/* The sentences of verdict_words: each answers one question, and is made in one of several lengths
 * so that all of them together fit into a few lines. Inside this room only. */
#ifndef TRAINER_VERDICT_SENTENCES_H
#define TRAINER_VERDICT_SENTENCES_H

#include <stdbool.h>

#include "text_line.h"
#include "verdict.h"

/* How much detail a sentence has. */
typedef enum sentence_length {
    SENTENCE_SHORT, /* for 70 columns, sentence_best two lines of them */
    SENTENCE_MEDIUM,
    SENTENCE_LONG
} sentence_length;

/* What sentences are made of. */
typedef struct sentence_source {
    const verdict *answer;
    size_t *rows; /* room for the verdict's rows */
    sentence_length length;
} sentence_source;

/* Which runs have no part in the answer, and why. Empty if all have. */
void sentence_left_out(text_line *text, const sentence_source *from);

/* Which batch size validates best, and whether that is more than chance. The following are empty if
 * none does. */
void sentence_best(text_line *text, const sentence_source *from);

/* How sure that is, and how many seeds would show more. Empty if there is only one batch size. */
void sentence_certainty(text_line *text, const sentence_source *from);

/* Which batch size reaches the target in the fewest epochs. */
void sentence_fastest(text_line *text, const sentence_source *from);

/* Which does so in the fewest seconds. Empty if none is the fastest either. */
void sentence_cheapest(text_line *text, const sentence_source *from);

/* Words that sentences share: "batch size 16: ", or "batch sizes 16, 32 and 64 alike: "; and "16,
 * 32 and 64" alone, if there are many, the first ones and the number of the others. With
 * `has_rates` each has its learning rate. */
void sentence_append_leaders(text_line *text, const sentence_source *from, size_t count);
void sentence_append_sizes(text_line *text, const sentence_source *from, const size_t *rows,
                           size_t count, bool has_rates);

/* Does any batch size validate best? Then its row is from->rows[0]. */
bool sentence_has_best(const sentence_source *from);

/* Has a batch size a diverged seed? */
bool sentence_has_diverged(const verdict *answer);

#endif
