/* wcwidth is of X/Open. */
#define _XOPEN_SOURCE 700

#include "text.h"

#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <wchar.h>

static bool is_continuation(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

/* Goes behind the character at *text, which is not the end; the columns that it takes. Where the
 * locale is not UTF-8, every character takes one. */
static int pass_character(const char **text)
{
    wchar_t character;
    mbstate_t state = {0};
    size_t bytes = mbrtowc(&character, *text, strnlen(*text, MB_LEN_MAX), &state);
    bool is_known = bytes > 0 && bytes <= MB_LEN_MAX;
    if (!is_known) {
        bool begins = !is_continuation(**text);
        ++*text;
        return begins;
    }
    *text += bytes;
    int columns = wcwidth(character);
    return columns < 0 ? 1 : columns; /* a control character is printed as '?' */
}

int text_columns(const char *text)
{
    int columns = 0;
    while (*text != '\0')
        columns += pass_character(&text);
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

void text_complain(const char *command, const char *subject, const char *why, ...)
{
    va_list arguments;
    va_start(arguments, why);
    fprintf(stderr, "tblog %s: ", command);
    text_print_to(stderr, subject);
    fputs(": ", stderr);
    /* clang-tidy 14 does not see va_start here. */
    vfprintf(stderr, why, arguments); // NOLINT(clang-analyzer-valist.Uninitialized)
    va_end(arguments);
    putc('\n', stderr);
}

int text_print_behind(const char *text, int columns)
{
    while (*text != '\0' && columns > 0)
        columns -= pass_character(&text);
    while (is_continuation(*text))
        text++;
    text_print(text);
    return columns;
}
