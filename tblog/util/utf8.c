#include "utf8.h"

#include <stdint.h>
#include <string.h>

size_t utf8_sequence_bytes(const void *text, size_t bytes)
{
    const uint8_t *at = text;
    const uint8_t first = at[0];
    if (first < 0x80) {
        return 1;
    }
    const size_t length = first < 0xc2   ? 0
                          : first < 0xe0 ? 2
                          : first < 0xf0 ? 3
                          : first < 0xf5 ? 4
                                         : 0;
    if (length == 0 || length > bytes) {
        return 0;
    }
    /* The second byte's range excludes overlong forms, surrogates and numbers above U+10FFFF. */
    const uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    const uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (at[1] < low || at[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return length;
}

bool utf8_is_valid(const void *text, size_t bytes)
{
    const uint8_t *at = text;
    while (bytes > 0) {
        uint64_t eight; /* checked together if they are ASCII, as most are */
        if (bytes >= sizeof eight) {
            memcpy(&eight, at, sizeof eight);
            if ((eight & 0x8080808080808080u) == 0) {
                at += sizeof eight;
                bytes -= sizeof eight;
                continue;
            }
        }
        const size_t length = utf8_sequence_bytes(at, bytes);
        if (length == 0) {
            return false;
        }
        at += length;
        bytes -= length;
    }
    return true;
}
