/* What the library refuses, and why: each thread keeps a line of text about its last refusal, which
 * tblog_writer_message gives to the caller. What is sound costs a comparison. */
#ifndef TBLOG_LINT_H
#define TBLOG_LINT_H

#include <stdbool.h>

#include "tblog/tblog.h"

/* Whether `is_sound`; where it is not, what the format behind it says is this thread's problem. */
#define lint(is_sound, ...) ((is_sound) || (lint_set_problem(__VA_ARGS__), false))

/* Control characters and what is not UTF-8 become question marks. */
__attribute__((format(printf, 1, 2))) void lint_set_problem(const char *problem, ...);

/* Whether the string is neither NULL nor empty and UTF-8, as a tag or a name must be; `what` names
 * it
 * ("the tag"). */
bool lint_name(const char *string, const char *what);

/* Whether the string is NULL or UTF-8, as an optional text must be. */
bool lint_text(const char *string, const char *what);

/* This thread's problem; "" where it has none. Good until the thread's next call of lint. */
const char *lint_problem(void);

/* This thread's last failed call was no refusal. */
void lint_forget(void);

#endif
