#include "suggestion.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>

enum { WORD_BYTES_MAX = 48 };

suggestion suggestion_for(const char *wrong, size_t length)
{
    return (suggestion){.wrong = wrong, .length = length, .distance = UINT_MAX};
}

static unsigned smallest(unsigned a, unsigned b, unsigned c)
{
    const unsigned less = a < b ? a : b;
    return less < c ? less : c;
}

/* The optimal string alignment distance: letters changed, left out, put in, or swapped with their
 * neighbour. Both words have at most WORD_BYTES_MAX bytes. */
static unsigned edit_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    unsigned edits[WORD_BYTES_MAX + 1][WORD_BYTES_MAX + 1]; /* between the first i and j letters */
    for (size_t i = 0; i <= a_length; i++) {
        edits[i][0] = (unsigned)i;
    }
    for (size_t j = 0; j <= b_length; j++) {
        edits[0][j] = (unsigned)j;
    }
    for (size_t i = 1; i <= a_length; i++) {
        for (size_t j = 1; j <= b_length; j++) {
            const unsigned changed = edits[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            edits[i][j] = smallest(changed, edits[i - 1][j] + 1, edits[i][j - 1] + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                edits[i - 2][j - 2] + 1 < edits[i][j]) {
                edits[i][j] = edits[i - 2][j - 2] + 1;
            }
        }
    }
    return edits[a_length][b_length];
}

void suggestion_consider(suggestion *self, const char *word)
{
    const size_t length = strlen(word);
    if (self->length == 0 || self->length > WORD_BYTES_MAX || length > WORD_BYTES_MAX) {
        return;
    }
    const unsigned distance = edit_distance(self->wrong, self->length, word, length);
    const unsigned most = 1 + (unsigned)self->length / 4;
    const bool is_beginning = strncmp(word, self->wrong, self->length) == 0;
    if ((is_beginning || distance <= most) && distance < self->distance) {
        self->distance = distance;
        self->best = word;
    }
}
