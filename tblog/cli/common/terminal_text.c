#define _XOPEN_SOURCE 700 /* wcwidth */

#include "terminal_text.h"

#include <string.h>
#include <wchar.h>

#include "utf8.h"

size_t terminal_text_character(const char *text, size_t bytes, bool *is_shown)
{
    const unsigned char first = (unsigned char)text[0];
    const size_t length = utf8_sequence_bytes(text, bytes);
    /* U+0080 to U+009F are c2 80 to c2 9f. */
    const bool is_control = first < ' ' || first == 0x7f ||
                            (length == 2 && first == 0xc2 && (unsigned char)text[1] < 0xa0);
    *is_shown = length > 0 && !is_control;
    return length > 0 ? length : 1;
}

/* Moves past the character at *text, which is not the end; returns its width in columns. If the
 * locale is not UTF-8, every character takes one. */
static int pass_character(const char **text)
{
    bool is_shown;
    const size_t bytes = terminal_text_character(*text, strnlen(*text, UTF8_BYTES_MAX), &is_shown);
    wchar_t character;
    mbstate_t state = {0};
    const bool is_known = is_shown && mbrtowc(&character, *text, bytes, &state) == bytes;
    *text += bytes;
    const int columns = is_known ? wcwidth(character) : 1;
    return columns < 0 ? 1 : columns;
}

int terminal_text_columns(const char *text)
{
    int columns = 0;
    while (*text != '\0') {
        columns += pass_character(&text);
    }
    return columns;
}

void terminal_text_print(const char *text)
{
    terminal_text_print_to(stdout, text);
}

void terminal_text_print_to(FILE *stream, const char *text)
{
    while (*text != '\0') {
        bool is_shown;
        const size_t bytes =
            terminal_text_character(text, strnlen(text, UTF8_BYTES_MAX), &is_shown);
        if (is_shown) {
            fwrite(text, 1, bytes, stream);
        } else {
            putc('?', stream);
        }
        text += bytes;
    }
}

int terminal_text_print_behind(const char *text, int columns)
{
    while (*text != '\0' && columns > 0) {
        columns -= pass_character(&text);
    }
    terminal_text_print(text);
    return columns;
}
