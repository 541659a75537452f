/* Sorts events by their keys and offsets, in little memory: parts are sorted one by one, kept in a
 * temporary file, and merged when they are read. */
#ifndef TBLOG_CLI_EVENT_INDEX_H
#define TBLOG_CLI_EVENT_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tblog/tblog.h"
#include "temporary_file.h"

typedef enum index_kind {
    INDEX_VERSION, /* before all others */
    INDEX_START,   /* a session's start: before other events at its step */
    INDEX_POINT,   /* a point that a later restart makes obsolete */
    INDEX_OTHER
} index_kind;

typedef struct index_entry {
    int64_t step;
    double wall_time; /* orders the events of a step; if NaN, the event comes last of all */
    uint64_t offset;  /* of its record: the order of the input decides last */
    uint32_t bytes;   /* of its record */
    uint32_t kind;    /* an index_kind */
} index_entry;

enum {
    INDEX_PART_ENTRIES = 65536,
    INDEX_WINDOW_ENTRIES = 128 /* of each part, while they are merged */
};

/* A part that is being read. */
typedef struct index_part {
    uint64_t next; /* entry of the file to read into the window, and where the part ends */
    uint64_t end;
    size_t window_at;
    size_t window_count;
    index_entry window[INDEX_WINDOW_ENTRIES];
} index_part;

/* Zero-initialized: not begun; may be freed. */
typedef struct event_index {
    temporary_file file; /* sorted parts, one after the other */
    index_entry *part;   /* the one that is being filled */
    size_t part_count;
    index_part *parts;
    index_part **heap; /* the parts that have entries left; the next entry's on top */
    size_t heap_count;
} event_index;

/* 0 or an errno value, as in the next two. */
TBLOG_MUST_CHECK int event_index_begin(event_index *index);

TBLOG_MUST_CHECK int event_index_add(event_index *index, const index_entry *entry);

/* Sorts the index; add nothing afterwards. */
TBLOG_MUST_CHECK int event_index_sort(event_index *index);

/* The next entry in order. False at the end, with *cause 0, or with an errno value. */
TBLOG_MUST_CHECK bool event_index_next(event_index *index, index_entry *entry, int *cause);

void event_index_free(event_index *index);

#endif
