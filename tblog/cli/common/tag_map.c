#include "tag_map.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

static int compare_keys(const void *left, const void *right)
{
    const tag_key *a = left;
    const tag_key *b = right;
    int order = strcmp(a->run, b->run);
    if (order == 0) {
        order = strcmp(a->tag, b->tag);
    }
    return order == 0 ? strcmp(a->content, b->content) : order;
}

static void free_entry(tag_key *entry)
{
    free((char *)entry->run);
    free((char *)entry->tag);
    if (entry->plugin != NULL && entry->plugin[0] != '\0') {
        free((char *)entry->plugin);
    }
    free(entry);
}

static tag_key *add(tag_map *map, const tag_key *wanted, size_t entry_bytes)
{
    if (map->count == map->capacity) {
        const size_t capacity = map->capacity == 0 ? 64 : 2 * map->capacity;
        tag_key **entries = realloc(map->entries, capacity * sizeof *entries);
        if (entries == NULL) {
            return NULL;
        }
        map->entries = entries;
        map->capacity = capacity;
    }
    tag_key *entry = calloc(1, entry_bytes);
    if (entry == NULL) {
        return NULL;
    }
    *entry = (tag_key){.run = strdup(wanted->run),
                       .tag = strdup(wanted->tag),
                       .content = wanted->content,
                       .plugin = ""};
    if (entry->run == NULL || entry->tag == NULL ||
        tsearch(entry, &map->tree, compare_keys) == NULL) {
        free_entry(entry);
        return NULL;
    }
    map->entries[map->count++] = entry;
    return entry;
}

void *tag_map_get(tag_map *map, const tag_key *wanted, size_t entry_bytes)
{
    tag_key *const *found = tfind(wanted, &map->tree, compare_keys);
    tag_key *entry = found != NULL ? *found : add(map, wanted, entry_bytes);
    if (entry == NULL || entry->plugin[0] != '\0' || wanted->plugin[0] == '\0') {
        return entry;
    }
    char *plugin = strdup(wanted->plugin);
    if (plugin == NULL) {
        return NULL;
    }
    entry->plugin = plugin;
    return entry;
}

static int compare_entries(const void *left, const void *right)
{
    return compare_keys(*(const tag_key *const *)left, *(const tag_key *const *)right);
}

void tag_map_sort(tag_map *map)
{
    if (map->count > 0) {
        qsort(map->entries, map->count, sizeof map->entries[0], compare_entries);
    }
}

void tag_map_remove(tag_map *map, size_t index)
{
    tag_key *entry = map->entries[index];
    tdelete(entry, &map->tree, compare_keys);
    free_entry(entry);
    map->entries[index] = map->entries[--map->count];
}

void tag_map_free(tag_map *map)
{
    while (map->count > 0) {
        tag_map_remove(map, map->count - 1);
    }
    free(map->entries);
    *map = (tag_map){0};
}
