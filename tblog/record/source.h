/* Where records come from: a file that is read at offsets, and may be growing. The reader knows
 * only this table of functions, so that tests can make any call fail. */
#ifndef TBLOG_SOURCE_H
#define TBLOG_SOURCE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct record_source record_source;

struct record_source {
    /* As pread: fewer bytes than asked for at any time, 0 at the end, -1 with errno. */
    ssize_t (*read_at)(record_source *self, void *data, size_t bytes, uint64_t offset);
    /* What was wrong with the last read_at, as a constant text, or NULL if errno is sufficient. The
     * function itself is NULL if errno always is. */
    const char *(*problem)(record_source *self);
    void (*close)(record_source *self); /* frees the record_source */
};

#endif
