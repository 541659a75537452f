/* Prints untrusted text on a terminal: characters that are not shown, such as control characters,
 * become question marks. Knows the width of characters, and no layout. */
#ifndef TBLOG_CLI_TERMINAL_TEXT_H
#define TBLOG_CLI_TERMINAL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* The length of the first character of the text, which has at least one byte. *is_shown is false
 * for a control character and for a byte that is not UTF-8, which counts as one character. */
size_t terminal_text_character(const char *text, size_t bytes, bool *is_shown);

/* The width of the text as printed here, in columns: one for most characters. */
int terminal_text_columns(const char *text);

/* Prints the text, on standard output or elsewhere. */
void terminal_text_print(const char *text);
void terminal_text_print_to(FILE *stream, const char *text);

/* Prints the text without its first `columns` columns. Returns how many more the text lacks. */
int terminal_text_print_behind(const char *text, int columns);

#endif
