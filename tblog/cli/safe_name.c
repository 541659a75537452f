#include "safe_name.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { HASH_BYTES = 17, ESCAPE_BYTES = 3 };

static bool stays(const char *text, size_t at)
{
    unsigned char byte = (unsigned char)text[at];
    if (byte >= 0x80)
        return true;
    if (at == 0 && (byte == '.' || byte == '-'))
        return false;
    bool is_letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
    return is_letter || (byte >= '0' && byte <= '9') || strchr("_.+=,-", byte) != NULL;
}

/* FNV-1a. */
static uint64_t hash_text(const char *text)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
    return hash;
}

static bool begins_character(char byte)
{
    return ((unsigned char)byte & 0xc0) != 0x80;
}

void safe_name(char name[SAFE_NAME_BYTES], const char *text)
{
    size_t size = 0;
    size_t whole = 0; /* up to here the name could be cut: between characters, with room behind */
    for (size_t at = 0; text[at] != '\0'; at++) {
        if (begins_character(text[at]) && size + HASH_BYTES < SAFE_NAME_BYTES)
            whole = size;
        if (size + ESCAPE_BYTES >= SAFE_NAME_BYTES) {
            snprintf(name + whole, SAFE_NAME_BYTES - whole, "~%016" PRIx64, hash_text(text));
            return;
        }
        if (stays(text, at))
            name[size++] = text[at];
        else
            size += (size_t)snprintf(name + size, ESCAPE_BYTES + 1, "%%%02X",
                                     (unsigned)(unsigned char)text[at]);
    }
    name[size] = '\0';
}
