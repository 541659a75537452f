#include "verdict_words.h"

#include <stdlib.h>

#include "text_line.h"
#include "verdict_sentences.h"

enum { TITLE_WIDTH = 10, MOST_LINES = 6 };

typedef void make_sentence(text_line *text, const sentence_source *from);

/* A line of the verdict, or a few. */
typedef struct part {
    const char *title;
    make_sentence *make;
    text_line text;
} part;

enum { LEFT_OUT, BEST, FASTEST, CHEAPEST, HOW_SURE, PARTS };

static size_t lines_of(const part *self)
{
    return text_line_count(&self->text, TITLE_WIDTH);
}

static size_t lines_of_all(const part parts[PARTS])
{
    size_t lines = 0;
    for (size_t i = 0; i < PARTS; i++) {
        lines += lines_of(&parts[i]);
    }
    return lines;
}

/* Makes the sentence of another length, and keeps it if it has fewer lines. */
static void shorten(part *self, const sentence_source *from)
{
    part other = {.title = self->title, .make = self->make};
    other.make(&other.text, from);
    if (lines_of(&other) < lines_of(self)) {
        *self = other;
    }
}

/* Shortens sentences until all of them fit into MOST_LINES, the most important ones last. */
static void fit(part parts[PARTS], const sentence_source *source)
{
    static const size_t least_first[PARTS] = {CHEAPEST, FASTEST, LEFT_OUT, HOW_SURE, BEST};
    sentence_source from = *source;
    while (from.length > SENTENCE_SHORT) {
        from.length--;
        for (size_t i = 0; i < PARTS && lines_of_all(parts) > MOST_LINES; i++) {
            shorten(&parts[least_first[i]], &from);
        }
    }
}

int verdict_words_print(const verdict *answer, FILE *out)
{
    size_t *rows = malloc((answer->count + 1) * sizeof *rows);
    if (rows == NULL) {
        return -1;
    }
    const sentence_source from = {.answer = answer, .rows = rows, .length = SENTENCE_LONG};
    part parts[PARTS] = {[LEFT_OUT] = {"Left out", sentence_left_out, {.length = 0}},
                         [BEST] = {"Best", sentence_best, {.length = 0}},
                         [FASTEST] = {"Fastest", sentence_fastest, {.length = 0}},
                         [CHEAPEST] = {"Cheapest", sentence_cheapest, {.length = 0}},
                         [HOW_SURE] = {"How sure", sentence_certainty, {.length = 0}}};
    for (size_t i = 0; i < PARTS; i++) {
        parts[i].make(&parts[i].text, &from);
    }
    fit(parts, &from);
    for (size_t i = 0; i < PARTS; i++) {
        text_line_print(&parts[i].text, parts[i].title, TITLE_WIDTH, out);
    }
    free(rows);
    return 0;
}
