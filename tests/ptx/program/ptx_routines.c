/* The outline of a PTX file: where its kernels and functions begin. */
#include "ptx_parser.h"

/* Skips a parenthesis or brace, the next token, and everything in it. */
static void skip_group(ptx_lexer *lexer)
{
    size_t depth = 0;
    do {
        const ptx_token token = ptx_next(lexer);
        if (token.length == 0) {
            ptx_syntax_fault(lexer, token, "the file ends within a parenthesis or brace");
        }
        depth += ptx_token_is(token, "(") || ptx_token_is(token, "{");
        depth -= ptx_token_is(token, ")") || ptx_token_is(token, "}");
    } while (depth > 0);
}

static void skip_statement(ptx_lexer *lexer)
{
    while (!ptx_accept(lexer, ";")) {
        const ptx_token token = ptx_next(lexer);
        if (token.length == 0) {
            ptx_syntax_fault(lexer, token, "the file ends within a statement");
        }
    }
}

/* The directives between a kernel's parameters and its body, which limit its launches. */
static void read_limits(ptx_lexer *lexer, ptx_routine *routine)
{
    for (;;) {
        if (ptx_accept(lexer, ".maxntid")) {
            routine->most_threads = (uint32_t)ptx_next_integer(lexer);
            while (ptx_accept(lexer, ",")) {
                routine->most_threads *= (uint32_t)ptx_next_integer(lexer);
            }
        } else if (ptx_accept(lexer, ".minnctapersm")) {
            ptx_next_integer(lexer);
        } else {
            return;
        }
    }
}

/* False if it is only declared. */
static bool read_routine(ptx_lexer *lexer, ptx_routine *routine)
{
    if (!routine->is_entry && ptx_accept(lexer, "(")) {
        while (!ptx_next_is(lexer, ")")) {
            routine->result = ptx_next(lexer); /* the last word is the name */
        }
        ptx_expect(lexer, ")");
    }
    routine->name = ptx_next(lexer);
    routine->parameters = *lexer;
    skip_group(lexer);
    read_limits(lexer, routine);
    if (ptx_accept(lexer, ";")) {
        return false;
    }
    routine->body = *lexer;
    skip_group(lexer);
    return true;
}

ptx_routines ptx_find_routines(ptx_arena *arena, const char *file, const char *text)
{
    ptx_lexer lexer = ptx_lexer_begin(file, text);
    ptx_routines found = {0};
    while (lexer.token.length > 0) {
        const bool is_entry = ptx_next_is(&lexer, ".entry");
        if (is_entry || ptx_next_is(&lexer, ".func")) {
            ptx_next(&lexer);
            ptx_routine routine = {.is_entry = is_entry};
            if (read_routine(&lexer, &routine)) {
                found.all =
                    ptx_arena_resize(arena, found.all, (found.count + 1) * sizeof *found.all);
                found.all[found.count++] = routine;
            }
        } else if (ptx_accept(&lexer, ".version") || ptx_accept(&lexer, ".target") ||
                   ptx_accept(&lexer, ".address_size")) {
            ptx_next(&lexer);
        } else if (ptx_accept(&lexer, ".extern")) {
            ptx_expect(&lexer, ".shared"); /* the one array of dynamic shared memory, at 0 */
            skip_statement(&lexer);
        } else if (!ptx_accept(&lexer, ".visible") && !ptx_accept(&lexer, ".weak")) {
            ptx_syntax_fault(&lexer, lexer.token, "unknown directive");
        }
    }
    return found;
}
