#include "text.h"

#include <stdbool.h>
#include <stdio.h>

static bool is_continuation(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

int text_columns(const char *text)
{
    int columns = 0;
    for (; *text != '\0'; text++)
        columns += !is_continuation(*text);
    return columns;
}

void text_print(const char *text)
{
    text_print_to(stdout, text);
}

void text_print_to(FILE *stream, const char *text)
{
    for (; *text != '\0'; text++) {
        /* U+0080 to U+009F are c2 80 to c2 9f. */
        bool is_c1 = (unsigned char)text[0] == 0xc2 && is_continuation(text[1]) &&
                     (unsigned char)text[1] < 0xa0;
        bool is_control = (unsigned char)*text < ' ' || *text == 0x7f || is_c1;
        putc(is_control ? '?' : *text, stream);
        text += is_c1;
    }
}
