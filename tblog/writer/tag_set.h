/* The tags that a writer has logged so far, each with the plug-in that its first value named, and
 * which of them are in its present file. A tag's first value in a file must carry metadata, and a
 * tag belongs to one plug-in for good. One owner, one thread at a time.
 *
 * Tags come with events: tag_set_begin before an event's first, and tag_set_undo if the event
 * could not be logged. */
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
    size_t known;   /* count before the present event */
    size_t fresh;   /* tags that the present event brought to the file */
    uint64_t event; /* counts events and files, to recognize the current ones */
    uint64_t file;
    uint32_t *slots; /* open addressing: index of an entry plus 1, or 0 */
    size_t slot_count;
    /* Where to look first: the index of the entry that was last found for a tag at an address like
     * this one. Only a guess, for a program may put another tag there. */
    uint32_t recent[TAG_SET_RECENT];
} tag_set;

typedef enum tag_set_result {
    TAG_SET_PRESENT,
    TAG_SET_ADDED,        /* new to the writer */
    TAG_SET_NEW_IN_FILE,  /* an earlier file has it */
    TAG_SET_OTHER_PLUGIN, /* there before, and another plug-in's */
    TAG_SET_NO_MEMORY
} tag_set_result;

/* Begins an event. */
void tag_set_begin(tag_set *set);

/* Looks the tag up and adds a copy of it when it is new; *bytes is its length without the NUL. */
TBLOG_MUST_CHECK tag_set_result tag_set_add(tag_set *set, const char *tag, tag_plugin plugin,
                                            size_t *bytes);

/* The plug-in of a tag that is in the set. */
tag_plugin tag_set_plugin(const tag_set *set, const char *tag);

/* Forgets the tags that the present event brought: those new to the writer altogether, the others
 * for this file. */
void tag_set_undo(tag_set *set);

/* Begins a file that holds no tags yet. */
void tag_set_next_file(tag_set *set);

void tag_set_free(tag_set *set);

#endif
