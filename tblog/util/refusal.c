#include "refusal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "errno_text.h"
#include "utf8.h"

_Thread_local refusal_calls refusal_thread;
static _Thread_local char last_refusal[512];

static bool is_control(const char *text, size_t at)
{
    const unsigned char byte = (unsigned char)text[at];
    /* U+0080 to U+009F are c2 80 to c2 9f. */
    const bool is_c1 = at > 0 && (unsigned char)text[at - 1] == 0xc2 && byte >= 0x80 && byte < 0xa0;
    return byte < ' ' || byte == 0x7f || is_c1;
}

/* Replaces what is not printable UTF-8 by '?': the text contains names that the caller gave.
 * `is_cut`: it may end inside a character. */
static void clean(char *text, bool is_cut)
{
    size_t bytes = strlen(text);
    for (size_t i = 0; is_cut && i < 3 && !utf8_is_valid(text, bytes); i++) {
        text[--bytes] = '\0';
    }
    const bool is_text = utf8_is_valid(text, bytes);
    for (size_t i = 0; i < bytes; i++) {
        if (!is_text && (unsigned char)text[i] >= 0x80) {
            text[i] = '?';
        } else if (is_control(text, i)) {
            if ((unsigned char)text[i] >= 0x80) {
                text[i - 1] = '?';
            }
            text[i] = '?';
        }
    }
}

bool refuse(const char *why, ...)
{
    va_list arguments;
    va_start(arguments, why);
    const int bytes = vsnprintf(last_refusal, sizeof last_refusal, why, arguments);
    va_end(arguments);
    clean(last_refusal, bytes >= (int)sizeof last_refusal);
    refusal_thread.refuser = refusal_thread.writer;
    return false;
}

bool refuse_failure(const char *operation, int cause, const char *path)
{
    char reason[ERRNO_TEXT_BYTES];
    return refuse("%s failed: %s: %s", operation, errno_text(cause, reason), path);
}

bool admit_name(const char *string, const char *what)
{
    return admit(string != NULL, "%s is NULL", what) &&
           admit(string[0] != '\0', "%s is empty", what) && admit_text(string, what);
}

bool admit_text(const char *string, const char *what)
{
    return admit(string == NULL || utf8_is_valid(string, strlen(string)), "%s is not valid UTF-8",
                 what);
}

bool admit_printable(const char *string, const char *what)
{
    for (size_t i = 0; string[i] != '\0'; i++) {
        if (is_control(string, i)) {
            return refuse("%s contains a control character", what);
        }
    }
    return true;
}

bool admit_size(size_t size, size_t size_here, const char *name)
{
    return admit(size == size_here,
                 "%s has %zu bytes in the program, but %zu in the library: their versions differ",
                 name, size, size_here);
}

const char *refusal_text(const tblog_writer *writer)
{
    return refusal_thread.refuser == writer ? last_refusal : "";
}

void refusal_forget(void)
{
    refusal_thread.refuser = NULL;
    last_refusal[0] = '\0';
}
