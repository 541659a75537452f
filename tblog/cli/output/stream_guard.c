#include "stream_guard.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "platform.h"
#include "terminal_text.h"
#include "utf8.h"

/* Writes to the descriptor that is the stream's context. */
static ssize_t write_guarded(void *descriptor, const char *text, size_t bytes)
{
    const char *end = text + bytes;
    while (text < end) {
        char safe[512];
        size_t size = 0;
        while (text < end && size + UTF8_BYTES_MAX <= sizeof safe) {
            bool is_shown;
            const size_t length = terminal_text_character(text, (size_t)(end - text), &is_shown);
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

bool stream_guard(FILE **stream)
{
    FILE *guarded = platform_open_stream((void *)(intptr_t)fileno(*stream), write_guarded);
    if (guarded == NULL) {
        return false;
    }
    setvbuf(guarded, NULL, _IOLBF, BUFSIZ);
    *stream = guarded;
    return true;
}
