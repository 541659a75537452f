#include "tag_set.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef struct tag_entry {
    char *tag;
    size_t bytes; /* without the NUL */
    uint64_t hash;
    uint64_t file;  /* the newest file that has it, plus 1; 0 for none */
    uint64_t event; /* the event that added it to that file */
    tag_plugin plugin;
} tag_entry;

/* Eight bytes per step: every call that logs a scalar waits for this. */
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
    for (size_t i = 0; i < bytes; i++) {
        rest = rest << 8 | (uint8_t)tag[i];
    }
    hash = (hash ^ rest) * odd;
    return hash ^ hash >> 32;
}

/* The slot that holds the tag, or the empty one where it belongs. At least one slot is empty. */
static uint32_t *find_slot(const tag_set *set, const char *tag, size_t bytes, uint64_t hash)
{
    const size_t mask = set->slot_count - 1;
    for (size_t at = (size_t)hash & mask;; at = (at + 1) & mask) {
        uint32_t *slot = &set->slots[at];
        if (*slot == 0) {
            return slot;
        }
        const tag_entry *entry = &set->entries[*slot - 1];
        if (entry->hash == hash && entry->bytes == bytes && memcmp(entry->tag, tag, bytes) == 0) {
            return slot;
        }
    }
}

/* Keeps at least half of the slots empty, and room for one entry more. */
static bool make_room(tag_set *set)
{
    if (set->count + 1 <= set->slot_count / 2) {
        return true;
    }
    const size_t slot_count = set->slot_count == 0 ? 16 : set->slot_count * 2;
    if (slot_count > UINT32_MAX / 2) {
        return false;
    }
    tag_entry *entries = calloc(slot_count / 2, sizeof *entries);
    uint32_t *slots = calloc(slot_count, sizeof *slots);
    if (entries == NULL || slots == NULL) {
        free(slots);
        free(entries);
        return false;
    }
    if (set->entries != NULL) {
        memcpy(entries, set->entries, set->count * sizeof *entries);
    }
    free(set->entries);
    set->entries = entries;
    free(set->slots);
    set->slots = slots;
    set->slot_count = slot_count;
    for (size_t i = 0; i < set->count; i++) {
        *find_slot(set, entries[i].tag, entries[i].bytes, entries[i].hash) = (uint32_t)(i + 1);
    }
    return true;
}

/* The index in tag_set.recent for a tag at this address. Literals are close together, so all bits
 * of the address matter. */
static uint32_t *guess_of(tag_set *set, const char *tag)
{
    const uintptr_t address = (uintptr_t)tag;
    return &set->recent[(address ^ address >> 6) % TAG_SET_RECENT];
}

/* The tag's entry, or NULL if it is new. */
static tag_entry *find(tag_set *set, const char *tag)
{
    if (set->slot_count == 0) {
        return NULL;
    }
    uint32_t *guess = guess_of(set, tag);
    if (*guess < set->count && strcmp(set->entries[*guess].tag, tag) == 0) {
        return &set->entries[*guess];
    }
    const size_t bytes = strlen(tag);
    const uint32_t slot = *find_slot(set, tag, bytes, hash_tag(tag, bytes));
    if (slot == 0) {
        return NULL;
    }
    *guess = slot - 1;
    return &set->entries[slot - 1];
}

/* Adds a new tag. Its entry, or NULL without memory. */
static tag_entry *add(tag_set *set, const char *tag, tag_plugin plugin)
{
    if (!make_room(set)) {
        return NULL;
    }
    char *copy = strdup(tag);
    if (copy == NULL) {
        return NULL;
    }
    const size_t bytes = strlen(tag);
    tag_entry *entry = &set->entries[set->count++];
    *entry =
        (tag_entry){.tag = copy, .bytes = bytes, .hash = hash_tag(tag, bytes), .plugin = plugin};
    *find_slot(set, tag, bytes, entry->hash) = (uint32_t)set->count;
    return entry;
}

void tag_set_begin(tag_set *set)
{
    set->known = set->count;
    set->event++;
    set->fresh = 0;
}

tag_plugin tag_set_plugin(const tag_set *set, const char *tag)
{
    const size_t bytes = strlen(tag);
    return set->entries[*find_slot(set, tag, bytes, hash_tag(tag, bytes)) - 1].plugin;
}

tag_set_result tag_set_add(tag_set *set, const char *tag, tag_plugin plugin, size_t *bytes)
{
    tag_entry *entry = find(set, tag);
    const bool is_new = entry == NULL;
    if (is_new) {
        entry = add(set, tag, plugin);
    }
    *bytes = 0;
    if (entry == NULL) {
        return TAG_SET_NO_MEMORY;
    }
    *bytes = entry->bytes;
    if (entry->plugin != plugin) {
        return TAG_SET_OTHER_PLUGIN;
    }
    if (entry->file == set->file + 1) {
        return TAG_SET_PRESENT;
    }
    entry->file = set->file + 1;
    entry->event = set->event;
    set->fresh++;
    return is_new ? TAG_SET_ADDED : TAG_SET_NEW_IN_FILE;
}

void tag_set_undo(tag_set *set)
{
    if (set->fresh == 0) {
        return;
    }
    /* Newest first: no other tag's search passes over the newest tag's slot, so the slot can
     * simply be emptied. */
    while (set->count > set->known) {
        const tag_entry *entry = &set->entries[--set->count];
        *find_slot(set, entry->tag, entry->bytes, entry->hash) = 0;
        free(entry->tag);
    }
    for (size_t i = 0; i < set->count; i++) {
        if (set->entries[i].event == set->event) {
            set->entries[i].file = 0;
        }
    }
    set->fresh = 0;
}

void tag_set_next_file(tag_set *set)
{
    set->file++;
}

void tag_set_free(tag_set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        free(set->entries[i].tag);
    }
    free(set->entries);
    free(set->slots);
    *set = (tag_set){0};
}
