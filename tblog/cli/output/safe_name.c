#include "safe_name.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "terminal_text.h"
#include "utf8.h"

enum { HASH_BYTES = 17, ESCAPE_BYTES = 3 };

/* Whether the character is kept; `is_first`: it begins the name. */
static bool stays(char character, bool is_shown, bool is_first)
{
    const unsigned char byte = (unsigned char)character;
    if (!is_shown || (is_first && (byte == '.' || byte == '-'))) {
        return false;
    }
    const bool is_letter =
        (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte >= 0x80;
    return is_letter || (byte >= '0' && byte <= '9') || strchr("_.+=,-", byte) != NULL;
}

/* FNV-1a. */
static uint64_t hash_text(const char *text)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *text != '\0'; text++) {
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
    }
    return hash;
}

void safe_name(char name[SAFE_NAME_BYTES], const char *text)
{
    size_t size = 0;
    size_t whole = 0; /* the last place between characters at which the hash still fits */
    const char *at = text;
    while (*at != '\0') {
        if (size + HASH_BYTES < SAFE_NAME_BYTES) {
            whole = size;
        }
        bool is_shown;
        const size_t bytes = terminal_text_character(at, strnlen(at, UTF8_BYTES_MAX), &is_shown);
        const bool is_kept = stays(*at, is_shown, at == text);
        if (size + bytes * (is_kept ? 1 : ESCAPE_BYTES) >= SAFE_NAME_BYTES) {
            snprintf(name + whole, SAFE_NAME_BYTES - whole, "~%016" PRIx64, hash_text(text));
            return;
        }
        for (const char *end = at + bytes; at < end; at++) {
            if (is_kept) {
                name[size++] = *at;
            } else {
                size += (size_t)snprintf(name + size, ESCAPE_BYTES + 1, "%%%02X",
                                         (unsigned)(unsigned char)*at);
            }
        }
    }
    name[size] = '\0';
}
