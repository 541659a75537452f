/* Where records go: a file that is written at offsets. The writer knows only this table of
 * functions, so that tests can use a file in memory and make any call fail. */
#ifndef TBLOG_SINK_H
#define TBLOG_SINK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct record_sink record_sink;

/* Each function behaves like the system call of its name: -1 with errno on failure, also EINTR; a
 * write may be short. One thread at a time. */
struct record_sink {
    ssize_t (*write_at)(record_sink *self, const void *data, size_t bytes, uint64_t offset);
    int (*truncate)(record_sink *self, uint64_t size);
    int (*sync)(record_sink *self); /* to the storage device, the file's directory entry included */
    int (*close)(record_sink *self); /* frees the sink, whatever it returns */
};

#endif
