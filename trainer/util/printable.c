#include "printable.h"

#include <string.h>

/* The well-formed characters of several bytes (RFC 3629, section 4) without U+0080 to U+009F, which
 * are control characters. Bytes after the second are 80 to BF. */
static const struct form {
    unsigned char first_low, first_high;
    unsigned char second_low, second_high;
    unsigned char bytes;
} forms[] = {
    {0xc2, 0xc2, 0xa0, 0xbf, 2}, {0xc3, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
    {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
    {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

/* How many bytes the character at `text` has; 0 for what is not well-formed. */
static size_t character_bytes(const unsigned char *text)
{
    if (text[0] < 0x80) {
        return 1;
    }
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        const struct form *form = &forms[i];
        if (text[0] < form->first_low || text[0] > form->first_high) {
            continue;
        }
        if (text[1] < form->second_low || text[1] > form->second_high) {
            return 0;
        }
        for (size_t j = 2; j < form->bytes; j++) {
            if (text[j] < 0x80 || text[j] > 0xbf) {
                return 0; /* also at the end of the text */
            }
        }
        return form->bytes;
    }
    return 0;
}

void printable_copy(char *out, size_t out_bytes, const char *text)
{
    size_t used = 0;
    while (*text != '\0') {
        const size_t taken = character_bytes((const unsigned char *)text);
        const char *character = text;
        size_t bytes = taken;
        if (taken == 0) {
            character = "\xef\xbf\xbd";
            bytes = 3;
        } else if ((unsigned char)*text < ' ' || *text == 0x7f) {
            character = "?";
        }
        if (bytes >= out_bytes - used) {
            break;
        }
        memcpy(out + used, character, bytes);
        used += bytes;
        text += taken > 0 ? taken : 1;
    }
    out[used] = '\0';
}
