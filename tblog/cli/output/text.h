/* Names from event files on a terminal, which must not take orders from them. */
#ifndef TBLOG_CLI_TEXT_H
#define TBLOG_CLI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* The length of the character that the text, at least one byte, begins with. *is_shown is false for
 * a control character and for a byte that is no UTF-8, which is taken for one character. */
size_t text_character(const char *text, size_t bytes, bool *is_shown);

/* How many columns a terminal gives the text as it is printed here: one for most characters. */
int text_columns(const char *text);

/* Prints the text, on standard output or elsewhere, with a question mark for each character that is
 * not shown. */
void text_print(const char *text);
void text_print_to(FILE *stream, const char *text);

/* "tblog COMMAND: SUBJECT: WHY" as a line on standard error, likewise; WHY is of the format. */
__attribute__((format(printf, 3, 4))) void text_complain(const char *command, const char *subject,
                                                         const char *why, ...);

/* Lets whatever is printed on this standard stream, by the C library too, print question marks for
 * all that is not shown but line ends. Nothing has been printed on it. False without memory. */
bool text_guard(FILE **stream);

/* text_print without the first so many columns; how many of them are left over. */
int text_print_behind(const char *text, int columns);

#endif
