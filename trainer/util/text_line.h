/* Lines of a report for people, in 80 columns. */
#ifndef TRAINER_TEXT_LINE_H
#define TRAINER_TEXT_LINE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

enum { TEXT_LINE_COLUMNS = 80, TEXT_LINE_BYTES = 1024 };

/* Text that is built piece by piece; what does not fit is cut off. All zero is empty. */
typedef struct text_line {
    char text[TEXT_LINE_BYTES];
    size_t length;
} text_line;

__attribute__((format(printf, 2, 3))) void text_line_append(text_line *self, const char *format,
                                                            ...);

void text_line_append_list(text_line *self, const char *format, va_list arguments);

/* Prints the text after a title of this width, and broken at blanks into as many lines as it
 * needs; nothing if it is empty. */
void text_line_print(const text_line *self, const char *title, int title_width, FILE *out);

/* How many lines that is. */
size_t text_line_count(const text_line *self, int title_width);

#endif
