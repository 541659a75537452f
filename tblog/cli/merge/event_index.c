#include "event_index.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* ---- Order ---- */

static int place(const index_entry *entry)
{
    return entry->kind == INDEX_VERSION ? 0 : isnan(entry->wall_time) ? 2 : 1;
}

static int compare_entries(const void *left, const void *right)
{
    const index_entry *a = left;
    const index_entry *b = right;
    if (place(a) != place(b)) {
        return place(a) < place(b) ? -1 : 1;
    }
    if (a->step != b->step) {
        return a->step < b->step ? -1 : 1;
    }
    if ((a->kind == INDEX_START) != (b->kind == INDEX_START)) {
        return a->kind == INDEX_START ? -1 : 1;
    }
    if (a->wall_time < b->wall_time || a->wall_time > b->wall_time) {
        return a->wall_time < b->wall_time ? -1 : 1;
    }
    return a->offset < b->offset ? -1 : a->offset > b->offset;
}

/* ---- Adding ---- */

int event_index_begin(event_index *index)
{
    *index = (event_index){.part = malloc(INDEX_PART_ENTRIES * sizeof *index->part)};
    if (index->part == NULL) {
        return ENOMEM;
    }
    return temporary_file_open(&index->file) ? 0 : errno;
}

static int write_part(event_index *index)
{
    qsort(index->part, index->part_count, sizeof *index->part, compare_entries);
    const size_t bytes = index->part_count * sizeof *index->part;
    index->part_count = 0;
    return temporary_file_append(&index->file, index->part, bytes) ? 0 : errno;
}

int event_index_add(event_index *index, const index_entry *entry)
{
    index->part[index->part_count++] = *entry;
    return index->part_count == INDEX_PART_ENTRIES ? write_part(index) : 0;
}

/* ---- Merging ---- */

static const index_entry *first_of(const index_part *part)
{
    return &part->window[part->window_at];
}

/* Reads on if the window is used up. 0, or an errno value. */
static int fill_window(const event_index *index, index_part *part)
{
    if (part->window_at < part->window_count || part->next == part->end) {
        return 0;
    }
    const uint64_t left = part->end - part->next;
    const size_t count = left < INDEX_WINDOW_ENTRIES ? (size_t)left : INDEX_WINDOW_ENTRIES;
    const size_t bytes = count * sizeof part->window[0];
    const ssize_t got =
        temporary_file_read(&index->file, part->window, bytes, part->next * sizeof part->window[0]);
    if (got < 0 || (size_t)got != bytes) {
        return got < 0 ? errno : EIO;
    }
    part->next += count;
    part->window_at = 0;
    part->window_count = count;
    return 0;
}

/* Lets the part at this place of the heap sink below those that come before it. */
static void sink(event_index *index, size_t at)
{
    index_part **heap = index->heap;
    for (;;) {
        size_t first = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < index->heap_count; child++) {
            if (compare_entries(first_of(heap[child]), first_of(heap[first])) < 0) {
                first = child;
            }
        }
        if (first == at) {
            return;
        }
        index_part *const part = heap[at];
        heap[at] = heap[first];
        heap[first] = part;
        at = first;
    }
}

/* Puts all parts into the heap, in no order yet. 0, or an errno value. */
static int open_parts(event_index *index)
{
    const uint64_t entries = index->file.bytes / sizeof(index_entry);
    const size_t parts = (size_t)((entries + INDEX_PART_ENTRIES - 1) / INDEX_PART_ENTRIES);
    index->parts = calloc(parts + 1, sizeof *index->parts); /* one more: calloc(0) may be NULL */
    index->heap = calloc(parts + 1, sizeof(index_part *));
    if (index->parts == NULL || index->heap == NULL) {
        return ENOMEM;
    }
    int cause = 0;
    for (size_t i = 0; i < parts && cause == 0; i++) {
        index_part *part = &index->parts[i];
        part->next = (uint64_t)i * INDEX_PART_ENTRIES;
        part->end = i + 1 < parts ? part->next + INDEX_PART_ENTRIES : entries;
        index->heap[index->heap_count++] = part;
        cause = fill_window(index, part);
    }
    return cause;
}

int event_index_sort(event_index *index)
{
    int cause = write_part(index);
    free(index->part);
    index->part = NULL;
    if (cause == 0) {
        cause = temporary_file_flush(&index->file) ? open_parts(index) : errno;
    }
    for (size_t i = index->heap_count / 2; i-- > 0 && cause == 0;) {
        sink(index, i);
    }
    return cause;
}

bool event_index_next(event_index *index, index_entry *entry, int *cause)
{
    *cause = 0;
    if (index->heap_count == 0) {
        return false;
    }
    index_part *part = index->heap[0];
    *entry = *first_of(part);
    part->window_at++;
    *cause = fill_window(index, part);
    if (*cause != 0) {
        return false;
    }
    if (part->window_at == part->window_count) {
        index->heap[0] = index->heap[--index->heap_count];
    }
    sink(index, 0);
    return true;
}

void event_index_free(event_index *index)
{
    temporary_file_close(&index->file);
    free(index->part);
    free(index->parts);
    free(index->heap);
    *index = (event_index){0};
}
