/* The known word that a misspelt one was probably meant to be. */
#ifndef COMMAND_LINE_SUGGESTION_H
#define COMMAND_LINE_SUGGESTION_H

#include <stddef.h>

typedef struct suggestion {
    const char *wrong; /* not terminated */
    size_t length;     /* of `wrong`, in bytes */
    unsigned distance; /* edits from it to `best` */
    const char *best;  /* NULL while no word is near */
} suggestion;

/* For the first `length` bytes of `wrong`; both words must outlive the suggestion. */
suggestion suggestion_for(const char *wrong, size_t length);

/* Takes `word` if it is near, and nearer than those before it. A word is near if `wrong` is its
 * beginning, or if few letters are wrong, missing, too many or swapped. */
void suggestion_consider(suggestion *self, const char *word);

#endif
