#include "ptx_lexer.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "ptx_fault.h"

static bool is_in_word(char c)
{
    return isalnum((unsigned char)c) || (c != '\0' && strchr("_.$%", c) != NULL);
}

static void skip_blanks(ptx_lexer *lexer)
{
    for (;;) {
        if (lexer->at[0] == '/' && lexer->at[1] == '/') {
            lexer->at += strcspn(lexer->at, "\n");
        } else if (lexer->at[0] != '\0' && isspace((unsigned char)lexer->at[0])) {
            lexer->line += lexer->at[0] == '\n';
            lexer->at++;
        } else {
            return;
        }
    }
}

static size_t token_length(const char *at)
{
    size_t length = 1;
    if (at[0] == '\0') {
        return 0;
    }
    if (at[0] == '"') {
        length += strcspn(at + 1, "\"\n");
        return length + (at[length] == '"');
    }
    if (is_in_word(at[0]) || (at[0] == '-' && is_in_word(at[1]))) {
        while (is_in_word(at[length])) {
            length++;
        }
    }
    return length;
}

static void read_token(ptx_lexer *lexer)
{
    skip_blanks(lexer);
    lexer->token = (ptx_token){lexer->at, token_length(lexer->at), lexer->line};
    lexer->at += lexer->token.length;
}

ptx_lexer ptx_lexer_begin(const char *file, const char *text)
{
    ptx_lexer lexer = {.file = file, .at = text, .line = 1};
    read_token(&lexer);
    return lexer;
}

ptx_token ptx_next(ptx_lexer *lexer)
{
    const ptx_token token = lexer->token;
    read_token(lexer);
    return token;
}

bool ptx_token_is(ptx_token token, const char *text)
{
    return strlen(text) == token.length && memcmp(token.text, text, token.length) == 0;
}

bool ptx_next_is(const ptx_lexer *lexer, const char *text)
{
    return ptx_token_is(lexer->token, text);
}

bool ptx_accept(ptx_lexer *lexer, const char *text)
{
    const bool is_it = ptx_next_is(lexer, text);
    if (is_it) {
        read_token(lexer);
    }
    return is_it;
}

void ptx_expect(ptx_lexer *lexer, const char *text)
{
    if (!ptx_accept(lexer, text)) {
        ptx_fault("%s:%u: '%s' expected, not '%.*s'", lexer->file, lexer->token.line, text,
                  (int)lexer->token.length, lexer->token.text);
    }
}

int64_t ptx_next_integer(ptx_lexer *lexer)
{
    const ptx_token token = ptx_next(lexer);
    char *end = NULL;
    const int64_t value = token.text[0] == '-' ? (int64_t)strtoll(token.text, &end, 0)
                                               : (int64_t)strtoull(token.text, &end, 0);
    if (token.length == 0 || end != token.text + token.length) {
        ptx_syntax_fault(lexer, token, "an integer was expected");
    }
    return value;
}

void ptx_syntax_fault(const ptx_lexer *lexer, ptx_token token, const char *what)
{
    ptx_fault("%s:%u: '%.*s': %s", lexer->file, token.line, (int)token.length, token.text, what);
}
