/* Prints the comparison of made-up runs (made_up_runs.h), for tests that read the output. */
#ifndef TESTS_TRAINER_PRINTED_ANSWER_H
#define TESTS_TRAINER_PRINTED_ANSWER_H

#include <stddef.h>
#include <stdio.h>

extern char *text; /* the last output */

/* A test's fixture, which includes that of the runs. */
void printed_set_up(void);
void printed_tear_down(void);

/* The stream for the next output. The output is complete when the stream is closed. */
FILE *begin_text(void);

/* Judges the runs and prints the answer for people: the verdict, an empty line, the table. Asserts
 * that the verdict has one to six lines, and nothing more than 80 columns. */
void print_for(double target);
void print(void); /* the verdict chooses the target */

/* Asserts that no line of the text is longer, and that all is ASCII. */
void assert_fits(size_t columns);

void assert_has(const char *words);
void assert_lacks(const char *words);
void assert_begins(const char *begin);

#endif
