/* Maps each tag of each run to an entry. Memory grows with their number, not with the points. */
#ifndef TBLOG_CLI_TAG_MAP_H
#define TBLOG_CLI_TAG_MAP_H

#include <stddef.h>

#include "tblog/tblog.h"

/* What an entry begins with. */
typedef struct tag_key {
    const char *run;
    const char *tag;
    const char *content; /* "summary" for values; else the kind of event; a constant */
    const char *plugin;  /* of the first value that names one; "" while none has. Not a part of the
                            key */
} tag_key;

/* All zero is an empty map. */
typedef struct tag_map {
    void *tree; /* of search.h */
    tag_key **entries;
    size_t count;
    size_t capacity;
} tag_map;

/* The entry for this key, of `entry_bytes` bytes. A new one is zero after its tag_key. Sets the
 * plugin if the entry has none. NULL without memory. Entries do not move. */
TBLOG_MUST_CHECK void *tag_map_get(tag_map *map, const tag_key *wanted, size_t entry_bytes);

/* Frees the entry at this index; another takes its place. */
void tag_map_remove(tag_map *map, size_t index);

/* Sorts entries[] by run and tag. */
void tag_map_sort(tag_map *map);

/* Frees the entries and their keys; the caller frees what else they point to. */
void tag_map_free(tag_map *map);

#endif
