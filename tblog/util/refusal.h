/* What the library refuses, and why: each thread keeps a line of text about its last refusal, until
 * its next call with the same writer; tblog_writer_message gives it to the caller. What is sound
 * costs a comparison. */
#ifndef TBLOG_REFUSAL_H
#define TBLOG_REFUSAL_H

#include <stdbool.h>

#include "tblog/tblog.h"

/* Refuses this thread's call, for the reason that the format says; always false. Control characters
 * and what is not UTF-8 become question marks. */
__attribute__((format(printf, 1, 2))) bool refuse(const char *why, ...);

/* Refuses it because the operation failed with this errno value; always false. For calls that leave
 * no handle to ask. */
bool refuse_failure(const char *operation, int cause, const char *path);

/* Whether `is_sound`; else the call is refused. (That refuse returns false is written out for
 * analyzers that look into one file at a time.) */
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

/* Why this thread's last call for the writer (NULL: one without a writer) was refused; "" where it
 * was not. Good until the thread's next refusal. */
const char *refusal_text(const tblog_writer *writer);

/* Forgets it. */
void refusal_forget(void);

/* Of this thread: whose call is under way, and whose the last refusal was. */
typedef struct refusal_calls {
    const tblog_writer *writer;
    const tblog_writer *refuser;
} refusal_calls;

/* Of the default TLS model: initial-exec would save a call, but it takes static TLS, of which the
 * system keeps little for libraries that are loaded at run time, as plug-ins are. */
extern _Thread_local refusal_calls refusal_thread;

/* Each public call that may refuse begins with it; `writer` is NULL if it has none. */
static inline void refusal_begin(const tblog_writer *writer)
{
    refusal_thread.writer = writer;
    if (refusal_thread.refuser == writer) {
        refusal_forget();
    }
}

#endif
