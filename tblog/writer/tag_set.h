/* The tags that a writer has logged, each with the plugin of its first value, and which of them are
 * in the current file. A tag's first value in a file must have metadata, and a tag never changes
 * its plugin. One thread at a time.
 *
 * Tags come with events: tag_set_begin before an event's first, and tag_set_undo if the event could
 * not be logged. */
#ifndef TBLOG_TAG_SET_H
#define TBLOG_TAG_SET_H

#include <stddef.h>
#include <stdint.h>

#include "event_encode.h"
#include "tblog/tblog.h"

enum { TAG_SET_RECENT = 64 };

/* All zero is an empty set. */
typedef struct tag_set {
    struct tag_entry *entries; /* in the order of insertion */
    size_t count;
    size_t known;   /* count before the current event */
    size_t fresh;   /* tags that the current event added to the file */
    uint64_t event; /* counts events and files, to recognize the current ones */
    uint64_t file;
    uint32_t *slots; /* open addressing: index of an entry plus 1, or 0 */
    size_t slot_count;
    /* Where to look first: the index of the entry last found for a tag at a similar address. Only a
     * guess: a program may put another tag there. */
    uint32_t recent[TAG_SET_RECENT];
} tag_set;

typedef enum tag_set_result {
    TAG_SET_PRESENT,
    TAG_SET_ADDED,        /* new to the writer */
    TAG_SET_NEW_IN_FILE,  /* an earlier file has it */
    TAG_SET_OTHER_PLUGIN, /* known, but belongs to another plugin */
    TAG_SET_NO_MEMORY
} tag_set_result;

/* Begins an event. */
void tag_set_begin(tag_set *set);

/* Looks the tag up and adds a copy of it when it is new; *bytes is its length without the NUL. */
TBLOG_MUST_CHECK tag_set_result tag_set_add(tag_set *set, const char *tag, tag_plugin plugin,
                                            size_t *bytes);

/* The plugin of a tag that is in the set. */
tag_plugin tag_set_plugin(const tag_set *set, const char *tag);

/* Removes the tags that the current event added: from the set if they were new to the writer, else
 * from the current file. */
void tag_set_undo(tag_set *set);

/* Begins a file that holds no tags yet. */
void tag_set_next_file(tag_set *set);

void tag_set_free(tag_set *set);

#endif
