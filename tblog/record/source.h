/* Where records come from: a file that is read at given offsets, and that may grow meanwhile. The
 * reader knows only this table of functions, so that tests can let any call fail. */
#ifndef TBLOG_SOURCE_H
#define TBLOG_SOURCE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct record_source record_source;

struct record_source {
    /* As pread: fewer bytes than asked for at any time, 0 at the end, -1 with errno. */
    ssize_t (*read_at)(record_source *self, void *data, size_t bytes, uint64_t offset);
    /* What was wrong with the last read_at, if errno does not say it: a constant. Else NULL, as the
     * function is for sources whose errno says all. */
    const char *(*problem)(record_source *self);
    void (*close)(record_source *self); /* frees the record_source */
};

#endif
