#include "tag_map.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

static int compare_keys(const void *left, const void *right)
{
    const tag_key *a = left;
    const tag_key *b = right;
    int order = strcmp(a->run, b->run);
    return order == 0 ? strcmp(a->tag, b->tag) : order;
}

static tag_key *add(tag_map *map, const char *run, const char *tag, size_t entry_bytes)
{
    if (map->count == map->capacity) {
        size_t capacity = map->capacity == 0 ? 64 : 2 * map->capacity;
        tag_key **entries = realloc(map->entries, capacity * sizeof *entries);
        if (entries == NULL)
            return NULL;
        map->entries = entries;
        map->capacity = capacity;
    }
    tag_key *entry = calloc(1, entry_bytes);
    if (entry == NULL)
        return NULL;
    entry->run = strdup(run);
    entry->tag = strdup(tag);
    if (entry->run == NULL || entry->tag == NULL ||
        tsearch(entry, &map->tree, compare_keys) == NULL) {
        free(entry->run);
        free(entry->tag);
        free(entry);
        return NULL;
    }
    map->entries[map->count++] = entry;
    return entry;
}

void *tag_map_get(tag_map *map, const char *run, const char *tag, size_t entry_bytes)
{
    const tag_key wanted = {.run = (char *)run, .tag = (char *)tag};
    tag_key *const *found = tfind(&wanted, &map->tree, compare_keys);
    return found != NULL ? *found : add(map, run, tag, entry_bytes);
}

static int compare_entries(const void *left, const void *right)
{
    return compare_keys(*(const tag_key *const *)left, *(const tag_key *const *)right);
}

void tag_map_sort(tag_map *map)
{
    if (map->count > 0)
        qsort(map->entries, map->count, sizeof map->entries[0], compare_entries);
}

void tag_map_free(tag_map *map)
{
    for (size_t i = 0; i < map->count; i++) {
        tdelete(map->entries[i], &map->tree, compare_keys);
        free(map->entries[i]->run);
        free(map->entries[i]->tag);
        free(map->entries[i]);
    }
    free(map->entries);
    *map = (tag_map){0};
}
