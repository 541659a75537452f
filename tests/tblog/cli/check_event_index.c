/* event_index: more entries than one part holds come out in order. */
#include "event_index.h"

#include <errno.h>
#include <math.h>
#include <unistd.h>

#include "check_main.h"

static index_entry entry_at(uint64_t offset, int64_t step, double wall_time, index_kind kind)
{
    return (index_entry){
        .step = step, .wall_time = wall_time, .offset = offset, .bytes = 1, .kind = kind};
}

/* Used for many entries, for which Check's assertions would take too long. */
static void add(event_index *index, index_entry entry)
{
    if (event_index_add(index, &entry) != 0) {
        ck_abort_msg("not added");
    }
}

static index_entry next(event_index *index)
{
    index_entry entry;
    int cause;
    if (!event_index_next(index, &entry, &cause)) {
        ck_abort_msg("no entry: %d", cause);
    }
    return entry;
}

static void assert_at_end(event_index *index)
{
    index_entry entry;
    int cause = EIO;
    ck_assert(!event_index_next(index, &entry, &cause));
    ck_assert_int_eq(cause, 0);
}

/* Adds `count` entries whose steps are 0 to count - 1 in mixed order. Returns how many come out at
 * a wrong place. */
static uint64_t count_misplaced(uint64_t count)
{
    enum { PRIME = 7919 }; /* it divides none of the counts, so that each step comes once */
    event_index index;
    ck_assert_int_eq(event_index_begin(&index), 0);
    for (uint64_t i = 0; i < count; i++) {
        add(&index, entry_at(i, (int64_t)(i * PRIME % count), 0.0, INDEX_POINT));
    }
    ck_assert_int_eq(event_index_sort(&index), 0);
    uint64_t misplaced = 0;
    for (uint64_t i = 0; i < count; i++) {
        const index_entry entry = next(&index);
        misplaced += entry.step != (int64_t)i || entry.offset * PRIME % count != i;
    }
    assert_at_end(&index);
    event_index_free(&index);
    return misplaced;
}

START_TEST(counts_around_the_bounds_of_parts_come_out_in_order)
{
    static const uint64_t counts[] = {0,
                                      1,
                                      INDEX_WINDOW_ENTRIES,
                                      INDEX_WINDOW_ENTRIES + 1,
                                      INDEX_PART_ENTRIES - 1,
                                      INDEX_PART_ENTRIES,
                                      INDEX_PART_ENTRIES + 1,
                                      3 * INDEX_PART_ENTRIES + 3};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        ck_assert_uint_eq(count_misplaced(counts[i]), 0);
    }
}
END_TEST

START_TEST(entries_are_ordered_by_kind_step_time_and_place)
{
    static const struct {
        int64_t step;
        double wall_time;
        index_kind kind;
    } in_order[] = {{9, 9.0, INDEX_VERSION}, {-1, 5.0, INDEX_POINT}, {0, 8.0, INDEX_START},
                    {0, 1.0, INDEX_OTHER},   {0, 2.0, INDEX_POINT},  {0, 2.0, INDEX_OTHER},
                    {1, 0.0, INDEX_POINT},   {0, NAN, INDEX_POINT},  {2, NAN, INDEX_OTHER}};
    enum { COUNT = sizeof in_order / sizeof in_order[0], PLACE_OF_TIE = 5 };
    event_index index;
    ck_assert_int_eq(event_index_begin(&index), 0);
    for (size_t i = COUNT; i-- > 0;) {
        const uint64_t place = i == PLACE_OF_TIE ? COUNT : COUNT - i;
        add(&index, entry_at(place, in_order[i].step, in_order[i].wall_time, in_order[i].kind));
    }
    ck_assert_int_eq(event_index_sort(&index), 0);
    for (size_t i = 0; i < COUNT; i++) {
        const index_entry entry = next(&index);
        ck_assert_int_eq(entry.step, in_order[i].step);
        ck_assert_uint_eq(entry.kind, in_order[i].kind);
    }
    assert_at_end(&index);
    event_index_free(&index);
}
END_TEST

START_TEST(a_temporary_file_that_lost_its_end_is_an_error)
{
    event_index index;
    ck_assert_int_eq(event_index_begin(&index), 0);
    for (uint64_t i = 0; i < 2 * INDEX_WINDOW_ENTRIES; i++) {
        add(&index, entry_at(i, 0, 0.0, INDEX_POINT));
    }
    ck_assert_int_eq(event_index_sort(&index), 0);
    ck_assert_int_eq(ftruncate(fileno(index.file.stream), 0), 0);
    index_entry entry;
    int cause;
    size_t read = 0;
    while (event_index_next(&index, &entry, &cause)) {
        read++;
    }
    ck_assert_int_eq(cause, EIO);
    ck_assert_uint_lt(read, INDEX_WINDOW_ENTRIES + 1);
    event_index_free(&index);
}
END_TEST

int main(void)
{
    return RUN_TESTS("event_index", counts_around_the_bounds_of_parts_come_out_in_order,
                     entries_are_ordered_by_kind_step_time_and_place,
                     a_temporary_file_that_lost_its_end_is_an_error);
}
