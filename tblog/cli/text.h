/* Names from event files on a terminal, which must not take orders from them. */
#ifndef TBLOG_CLI_TEXT_H
#define TBLOG_CLI_TEXT_H

#include <stdio.h>

/* How many columns a terminal gives the text, UTF-8: one for each character. */
int text_columns(const char *text);

/* Prints the text, on standard output or elsewhere, with a question mark for each control
 * character.
 */
void text_print(const char *text);
void text_print_to(FILE *stream, const char *text);

/* "tblog COMMAND: SUBJECT: WHY" as a line on standard error, likewise; WHY is of the format. */
__attribute__((format(printf, 3, 4))) void text_complain(const char *command, const char *subject,
                                                         const char *why, ...);

/* text_print without the first so many columns; how many of them are left over. */
int text_print_behind(const char *text, int columns);

#endif
