/* Why the library refuses a call. Each thread keeps one line of text about its last refusal, until
 * its next call with the same writer. tblog_writer_message returns it. A valid argument costs one
 * comparison. */
#ifndef TBLOG_REFUSAL_H
#define TBLOG_REFUSAL_H

#include <stdbool.h>

#include "tblog/tblog.h"

/* Refuses this thread's call for the formatted reason. Always false. Control characters and bytes
 * that are not UTF-8 become question marks. */
__attribute__((format(printf, 1, 2))) bool refuse(const char *why, ...);

/* Refuses this thread's call because the operation failed with this errno value. Always false. For
 * calls that leave no handle. */
bool refuse_failure(const char *operation, int cause, const char *path);

/* Returns `is_sound`; refuses the call if it is false. (The `false` is explicit for analyzers that
 * do not see into `refuse`.) */
#define admit(is_sound, ...) ((is_sound) || (refuse(__VA_ARGS__), false))

/* Whether the string is neither NULL nor empty and UTF-8, as a tag or a name must be; `what` names
 * it ("the tag"). */
TBLOG_MUST_CHECK bool admit_name(const char *string, const char *what);

/* Whether the string is NULL or UTF-8, as an optional text must be. */
TBLOG_MUST_CHECK bool admit_text(const char *string, const char *what);

/* Whether the string has no control character. */
TBLOG_MUST_CHECK bool admit_printable(const char *string, const char *what);

/* Whether the caller's struct has the size that it has here; `name` is the struct's. */
TBLOG_MUST_CHECK bool admit_size(size_t size, size_t size_here, const char *name);

/* Why this thread's last call with the writer (NULL: without a writer) was refused; "" if it was
 * not. Valid until the thread's next refusal. */
const char *refusal_text(const tblog_writer *writer);

/* Forgets it. */
void refusal_forget(void);

/* The writers of this thread's current call and of its last refusal. */
typedef struct refusal_calls {
    const tblog_writer *writer;
    const tblog_writer *refuser;
} refusal_calls;

/* In the default TLS model. initial-exec would save a call, but it uses static TLS, which is scarce
 * for libraries that are loaded with dlopen. */
extern _Thread_local refusal_calls refusal_thread;

/* Every public call that may refuse begins with this; `writer` is NULL if it has none. */
static inline void refusal_begin(const tblog_writer *writer)
{
    refusal_thread.writer = writer;
    if (refusal_thread.refuser == writer) {
        refusal_forget();
    }
}

#endif
