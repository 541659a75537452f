#include "restarts.h"

#include <stdlib.h>

bool restarts_add(restarts *all, int64_t step, uint64_t place, uint64_t file_place)
{
    const restart added = {.step = step, .place = all->any_start ? place : file_place};
    all->any_start = true;
    while (all->count > 0 && all->at[all->count - 1].step >= step) {
        all->count--;
    }
    if (all->count == all->capacity) {
        const size_t capacity = all->capacity == 0 ? 16 : 2 * all->capacity;
        restart *at = realloc(all->at, capacity * sizeof *at);
        if (at == NULL) {
            return false;
        }
        all->at = at;
        all->capacity = capacity;
    }
    all->at[all->count++] = added;
    return true;
}

bool restarts_take_back(const restarts *all, int64_t step, uint64_t place)
{
    /* The first restart after the point: of those after it, it has the lowest step. */
    size_t begin = 0;
    size_t end = all->count;
    while (begin < end) {
        const size_t middle = begin + (end - begin) / 2;
        if (all->at[middle].place <= place) {
            begin = middle + 1;
        } else {
            end = middle;
        }
    }
    return begin < all->count && all->at[begin].step <= step;
}

void restarts_free(restarts *all)
{
    free(all->at);
    *all = (restarts){0};
}
