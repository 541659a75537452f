/* What the library refuses, and why: each thread keeps a line of text about its last refusal, until
 * its next call with the same writer; tblog_writer_message gives it to the caller. What is sound
 * costs a comparison. */
#ifndef TBLOG_LINT_H
#define TBLOG_LINT_H

#include <stdbool.h>

#include "tblog/tblog.h"

/* Whether `is_sound`; where it is not, what the format behind it says is this thread's problem. */
#define lint(is_sound, ...) ((is_sound) || (lint_set_problem(__VA_ARGS__), false))

/* Control characters and what is not UTF-8 become question marks. */
__attribute__((format(printf, 1, 2))) void lint_set_problem(const char *problem, ...);

/* Whether the string is neither NULL nor empty and UTF-8, as a tag or a name must be; `what` names
 * it ("the tag"). */
bool lint_name(const char *string, const char *what);

/* Whether the string is NULL or UTF-8, as an optional text must be. */
bool lint_text(const char *string, const char *what);

/* Whether the string has no control character. */
bool lint_printable(const char *string, const char *what);

/* This thread's problem with its last call for the writer (NULL: one without a writer); "" where it
 * has none. Good until the thread's next call of lint. */
const char *lint_problem(const tblog_writer *writer);

void lint_forget(void);

/* Of this thread: whose call is under way, and whose the last refusal was. */
typedef struct lint_calls {
    const tblog_writer *writer;
    const tblog_writer *refuser;
} lint_calls;

/* Initial-exec, for every event comes by: no call finds it in a shared library either. */
extern _Thread_local lint_calls lint_thread __attribute__((tls_model("initial-exec")));

/* Each public call that may refuse begins with it; `writer` is NULL where it has none. */
static inline void lint_begin(const tblog_writer *writer)
{
    lint_thread.writer = writer;
    if (lint_thread.refuser == writer) {
        lint_forget();
    }
}

#endif
