/* The tags that an event file holds so far, each with the plug-in that its first value named. A
 * tag's first value in a file must carry metadata, and a tag belongs to one plug-in for good. One
 * owner, one thread at a time. */
#ifndef TBLOG_TAG_SET_H
#define TBLOG_TAG_SET_H

#include <stddef.h>
#include <stdint.h>

typedef enum tag_plugin {
    TAG_PLUGIN_SCALARS,
    TAG_PLUGIN_HISTOGRAMS,
    TAG_PLUGIN_IMAGES,
    TAG_PLUGIN_AUDIO,
    TAG_PLUGIN_TEXT,
    TAG_PLUGIN_PR_CURVES,
    TAG_PLUGIN_HPARAMS,
    TAG_PLUGIN_CUSTOM_SCALARS,
    TAG_PLUGIN_MESH,
    TAG_PLUGIN_KERAS_GRAPH
} tag_plugin;

/* All zero is an empty set. */
typedef struct tag_set {
    struct tag_entry *entries; /* in the order of insertion */
    size_t count;
    uint32_t *slots; /* open addressing: index of an entry plus 1, or 0 */
    size_t slot_count;
} tag_set;

typedef enum tag_set_result {
    TAG_SET_ADDED,
    TAG_SET_PRESENT,
    TAG_SET_OTHER_PLUGIN, /* present, and another plug-in's */
    TAG_SET_NO_MEMORY
} tag_set_result;

/* Looks the tag up and adds a copy of it when it is new. */
__attribute__((warn_unused_result)) tag_set_result tag_set_add(tag_set *set, const char *tag,
                                                               tag_plugin plugin);

/* The plug-in of a tag that is in the set. */
tag_plugin tag_set_plugin(const tag_set *set, const char *tag);

/* Forgets all but the `count` tags added first. */
void tag_set_shrink(tag_set *set, size_t count);

void tag_set_free(tag_set *set);

#endif
