#include "tag_set.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef struct tag_entry {
    char *tag;
    size_t bytes; /* without the NUL */
    uint64_t hash;
    tag_plugin plugin;
} tag_entry;

/* Eight bytes a step: each call that logs a scalar waits for this. */
static uint64_t hash_tag(const char *tag, size_t bytes)
{
    const uint64_t odd = 0x9e3779b97f4a7c15u;
    uint64_t hash = bytes;
    for (; bytes >= 8; bytes -= 8, tag += 8) {
        uint64_t word;
        memcpy(&word, tag, sizeof word);
        hash = (hash ^ word) * odd;
        hash ^= hash >> 32;
    }
    uint64_t rest = 0;
    for (size_t i = 0; i < bytes; i++)
        rest = rest << 8 | (uint8_t)tag[i];
    hash = (hash ^ rest) * odd;
    return hash ^ hash >> 32;
}

/* The slot that holds the tag, or the empty one where it belongs. At least one slot is empty. */
static uint32_t *find_slot(const tag_set *set, const char *tag, size_t bytes, uint64_t hash)
{
    size_t mask = set->slot_count - 1;
    for (size_t at = (size_t)hash & mask;; at = (at + 1) & mask) {
        uint32_t *slot = &set->slots[at];
        if (*slot == 0)
            return slot;
        const tag_entry *entry = &set->entries[*slot - 1];
        if (entry->hash == hash && entry->bytes == bytes && memcmp(entry->tag, tag, bytes) == 0)
            return slot;
    }
}

/* Keeps at least half of the slots empty, and room for one entry more. */
static bool make_room(tag_set *set)
{
    if (set->count + 1 <= set->slot_count / 2)
        return true;
    size_t slot_count = set->slot_count == 0 ? 16 : set->slot_count * 2;
    if (slot_count > UINT32_MAX / 2)
        return false;
    tag_entry *entries = realloc(set->entries, slot_count / 2 * sizeof *entries);
    if (entries == NULL)
        return false;
    set->entries = entries;
    uint32_t *slots = calloc(slot_count, sizeof *slots);
    if (slots == NULL)
        return false;
    free(set->slots);
    set->slots = slots;
    set->slot_count = slot_count;
    for (size_t i = 0; i < set->count; i++)
        *find_slot(set, entries[i].tag, entries[i].bytes, entries[i].hash) = (uint32_t)(i + 1);
    return true;
}

tag_set_result tag_set_add(tag_set *set, const char *tag, tag_plugin plugin)
{
    if (!make_room(set))
        return TAG_SET_NO_MEMORY;
    size_t bytes = strlen(tag);
    uint64_t hash = hash_tag(tag, bytes);
    uint32_t *slot = find_slot(set, tag, bytes, hash);
    if (*slot != 0)
        return set->entries[*slot - 1].plugin == plugin ? TAG_SET_PRESENT : TAG_SET_OTHER_PLUGIN;
    char *copy = strdup(tag);
    if (copy == NULL)
        return TAG_SET_NO_MEMORY;
    set->entries[set->count] =
        (tag_entry){.tag = copy, .bytes = bytes, .hash = hash, .plugin = plugin};
    set->count++;
    *slot = (uint32_t)set->count;
    return TAG_SET_ADDED;
}

tag_plugin tag_set_plugin(const tag_set *set, const char *tag)
{
    size_t bytes = strlen(tag);
    return set->entries[*find_slot(set, tag, bytes, hash_tag(tag, bytes)) - 1].plugin;
}

void tag_set_shrink(tag_set *set, size_t count)
{
    /* Newest first: no other tag's search has passed over the slot of the newest, so it can simply
     * be emptied. */
    while (set->count > count) {
        const tag_entry *entry = &set->entries[set->count - 1];
        *find_slot(set, entry->tag, entry->bytes, entry->hash) = 0;
        free(entry->tag);
        set->count--;
    }
}

void tag_set_free(tag_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        free(set->entries[i].tag);
    free(set->entries);
    free(set->slots);
    *set = (tag_set){0};
}
