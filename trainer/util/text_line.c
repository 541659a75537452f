#include "text_line.h"

#include <stdbool.h>
#include <string.h>

void text_line_append_list(text_line *self, const char *format, va_list arguments)
{
    const int added =
        vsnprintf(self->text + self->length, sizeof self->text - self->length, format, arguments);
    const size_t length = self->length + (added > 0 ? (size_t)added : 0);
    self->length = length < sizeof self->text ? length : sizeof self->text - 1;
}

void text_line_append(text_line *self, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    text_line_append_list(self, format, arguments);
    va_end(arguments);
}

/* How much of the text, which is not empty, fits into these columns: all of it, or up to a blank
 * that is not before a percent sign, or a first word that is too long. A character beyond ASCII
 * takes one column. */
static size_t first_part(const char *text, int columns)
{
    size_t fits = 0;
    int column = 0;
    for (size_t i = 0; text[i] != '\0'; i++) {
        const bool continues_character = ((unsigned char)text[i] & 0xc0) == 0x80;
        if (text[i] == ' ' && text[i + 1] != '%') {
            fits = i;
        }
        column += !continues_character;
        if (column > columns) {
            return fits > 0 ? fits : strcspn(text, " ");
        }
    }
    return strlen(text);
}

/* What follows after the blanks on which a line ends. */
static const char *rest_after(const char *text, size_t length)
{
    return text + length + strspn(text + length, " ");
}

size_t text_line_count(const text_line *self, int title_width)
{
    size_t lines = 0;
    for (const char *rest = self->text; *rest != '\0'; lines++) {
        rest = rest_after(rest, first_part(rest, TEXT_LINE_COLUMNS - title_width));
    }
    return lines;
}

void text_line_print(const text_line *self, const char *title, int title_width, FILE *out)
{
    for (const char *rest = self->text; *rest != '\0'; title = "") {
        const size_t length = first_part(rest, TEXT_LINE_COLUMNS - title_width);
        fprintf(out, "%-*s%.*s\n", title_width, title, (int)length, rest);
        rest = rest_after(rest, length);
    }
}
