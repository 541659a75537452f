#include "tag_set.h"

#include <stdio.h>
#include <string.h>

#include "check_main.h"

START_TEST(a_tag_is_added_once)
{
    tag_set set = {0};
    ck_assert_int_eq(tag_set_add(&set, "loss", TAG_PLUGIN_SCALARS), TAG_SET_ADDED);
    ck_assert_int_eq(tag_set_add(&set, "loss", TAG_PLUGIN_SCALARS), TAG_SET_PRESENT);
    ck_assert_int_eq(tag_set_add(&set, "Loss", TAG_PLUGIN_SCALARS), TAG_SET_ADDED);
    ck_assert_uint_eq(set.count, 2);
    tag_set_free(&set);
}
END_TEST

START_TEST(a_tag_stays_with_its_plugin)
{
    tag_set set = {0};
    ck_assert_int_eq(tag_set_add(&set, "keras", TAG_PLUGIN_KERAS_GRAPH), TAG_SET_ADDED);
    ck_assert_int_eq(tag_set_add(&set, "keras", TAG_PLUGIN_SCALARS), TAG_SET_OTHER_PLUGIN);
    ck_assert_int_eq(tag_set_add(&set, "keras", TAG_PLUGIN_KERAS_GRAPH), TAG_SET_PRESENT);
    tag_set_free(&set);
}
END_TEST

static tag_set_result add_numbered(tag_set *set, unsigned number)
{
    char tag[32];
    snprintf(tag, sizeof tag, "tag %u", number);
    return tag_set_add(set, tag, TAG_PLUGIN_SCALARS);
}

START_TEST(shrinking_forgets_the_newest_only_at_every_count)
{
    enum { TAGS = 300 };
    tag_set set = {0};
    for (unsigned kept = 0; kept <= TAGS; kept += 7) {
        for (unsigned i = 0; i < TAGS; i++)
            ck_assert_int_ne(add_numbered(&set, i), TAG_SET_NO_MEMORY);
        ck_assert_uint_eq(set.count, TAGS);
        tag_set_shrink(&set, kept);
        ck_assert_uint_eq(set.count, kept);
        for (unsigned i = 0; i < kept; i++)
            ck_assert_int_eq(add_numbered(&set, i), TAG_SET_PRESENT);
        if (kept < TAGS)
            ck_assert_int_eq(add_numbered(&set, kept), TAG_SET_ADDED);
    }
    tag_set_free(&set);
}
END_TEST

int main(void)
{
    return RUN_TESTS("tag_set", a_tag_is_added_once, a_tag_stays_with_its_plugin,
                     shrinking_forgets_the_newest_only_at_every_count);
}
