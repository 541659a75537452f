/* Cuts the text of a PTX file into tokens. */
#ifndef PTX_LEXER_H
#define PTX_LEXER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ptx_token {
    const char *text; /* in the file */
    size_t length;    /* 0 at the file's end */
    uint32_t line;
} ptx_token;

typedef struct ptx_lexer {
    const char *file;
    const char *at;
    uint32_t line;
    ptx_token token; /* the one to be read next */
} ptx_lexer;

ptx_lexer ptx_lexer_begin(const char *file, const char *text);

/* A token is a word (`ld.global.v4.f32`, `%rd12`, `-8`), a string with its quotes, or one other
 * character. */
ptx_token ptx_next(ptx_lexer *lexer);
bool ptx_token_is(ptx_token token, const char *text);
bool ptx_next_is(const ptx_lexer *lexer, const char *text);

/* Takes the next token if it is `text`. */
bool ptx_accept(ptx_lexer *lexer, const char *text);
/* The same, but a fault if it is another token. */
void ptx_expect(ptx_lexer *lexer, const char *text);

/* The value of an integer, decimal or hexadecimal; a fault if the token is none. */
int64_t ptx_next_integer(ptx_lexer *lexer);

/* Raises a fault at the token. */
_Noreturn void ptx_syntax_fault(const ptx_lexer *lexer, ptx_token token, const char *what);

#endif
