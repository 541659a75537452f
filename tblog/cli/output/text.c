/* wcwidth is of X/Open, fopencookie glibc's. */
#define _GNU_SOURCE

#include "text.h"

#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "utf8.h"

size_t text_character(const char *text, size_t bytes, bool *is_shown)
{
    const unsigned char first = (unsigned char)text[0];
    const size_t length = utf8_sequence_bytes(text, bytes);
    /* U+0080 to U+009F are c2 80 to c2 9f. */
    const bool is_control = first < ' ' || first == 0x7f ||
                            (length == 2 && first == 0xc2 && (unsigned char)text[1] < 0xa0);
    *is_shown = length > 0 && !is_control;
    return length > 0 ? length : 1;
}

/* Goes behind the character at *text, which is not the end; the columns that it takes. Where the
 * locale is not UTF-8, every character takes one. */
static int pass_character(const char **text)
{
    bool is_shown;
    const size_t bytes = text_character(*text, strnlen(*text, UTF8_BYTES_MAX), &is_shown);
    wchar_t character;
    mbstate_t state = {0};
    const bool is_known = is_shown && mbrtowc(&character, *text, bytes, &state) == bytes;
    *text += bytes;
    const int columns = is_known ? wcwidth(character) : 1;
    return columns < 0 ? 1 : columns;
}

int text_columns(const char *text)
{
    int columns = 0;
    while (*text != '\0') {
        columns += pass_character(&text);
    }
    return columns;
}

void text_print(const char *text)
{
    text_print_to(stdout, text);
}

void text_print_to(FILE *stream, const char *text)
{
    while (*text != '\0') {
        bool is_shown;
        const size_t bytes = text_character(text, strnlen(text, UTF8_BYTES_MAX), &is_shown);
        if (is_shown) {
            fwrite(text, 1, bytes, stream);
        } else {
            putc('?', stream);
        }
        text += bytes;
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

/* Of a custom stream, in front of a descriptor: all bytes are taken, or none where writing
 * fails. */
static ssize_t write_guarded(void *descriptor, const char *text, size_t bytes)
{
    const char *end = text + bytes;
    while (text < end) {
        char safe[512];
        size_t size = 0;
        while (text < end && size + UTF8_BYTES_MAX <= sizeof safe) {
            bool is_shown;
            const size_t length = text_character(text, (size_t)(end - text), &is_shown);
            is_shown |= *text == '\n';
            memcpy(safe + size, is_shown ? text : "?", is_shown ? length : 1);
            size += is_shown ? length : 1;
            text += length;
        }
        if (write((int)(intptr_t)descriptor, safe, size) != (ssize_t)size) {
            return 0;
        }
    }
    return (ssize_t)bytes;
}

bool text_guard(FILE **stream)
{
    const cookie_io_functions_t functions = {.write = write_guarded};
    FILE *guarded = fopencookie((void *)(intptr_t)fileno(*stream), "w", functions);
    if (guarded == NULL) {
        return false;
    }
    setvbuf(guarded, NULL, _IOLBF, BUFSIZ);
    *stream = guarded;
    return true;
}

int text_print_behind(const char *text, int columns)
{
    while (*text != '\0' && columns > 0) {
        columns -= pass_character(&text);
    }
    text_print(text);
    return columns;
}
