/* Markdown leaves a block of HTML unchanged, and browsers keep the spaces of a preformatted one.
 * The block is a single line: line ends and tabs are character references, because Markdown looks
 * for fences and trims lines before it looks for HTML. The text begins inside <code>, because
 * browsers drop a line end right after <pre>. */
#include "plain_text.h"

#include <string.h>

/* The escape of a byte of the text; NULL if it needs none. */
static const char *find_escape(char byte)
{
    switch (byte) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '\t':
        return "&#9;";
    case '\n':
    case '\r':
        return "&#10;";
    default: /* HTML allows no other control characters; U+FFFD marks their places */
        return ((unsigned char)byte < 0x20 || byte == 0x7f) ? "\xef\xbf\xbd" : NULL;
    }
}

static bool append_string(byte_buffer *out, const char *string)
{
    return byte_buffer_append(out, string, strlen(string));
}

/* Appends the escape of the first byte, or the bytes before the next one with an escape. Returns
 * how many bytes of the text it consumed; 0 without memory. */
static size_t append_some(byte_buffer *out, const char *text)
{
    const char *escape = find_escape(text[0]);
    if (escape != NULL) {
        const bool is_pair = text[0] == '\r' && text[1] == '\n';
        return append_string(out, escape) ? 1u + is_pair : 0;
    }
    size_t bytes = 1;
    while (text[bytes] != '\0' && find_escape(text[bytes]) == NULL) {
        bytes++;
    }
    return byte_buffer_append(out, text, bytes) ? bytes : 0;
}

bool plain_text_append_markdown(byte_buffer *out, const char *text)
{
    if (!append_string(out, "<pre><code>")) {
        return false;
    }
    while (*text != '\0') {
        const size_t taken = append_some(out, text);
        if (taken == 0) {
            return false;
        }
        text += taken;
    }
    return append_string(out, "</code></pre>");
}
