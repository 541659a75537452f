#include "tag_set.h"

#include <stdio.h>
#include <string.h>

#include "check_main.h"

static tag_set_result add(tag_set *set, const char *tag, tag_plugin plugin)
{
    size_t bytes = 999;
    const tag_set_result result = tag_set_add(set, tag, plugin, &bytes);
    ck_assert_uint_eq(bytes, strlen(tag));
    return result;
}

START_TEST(a_tag_is_added_once)
{
    tag_set set = {0};
    tag_set_begin(&set);
    ck_assert_int_eq(add(&set, "loss", TAG_PLUGIN_SCALARS), TAG_SET_ADDED);
    ck_assert_int_eq(add(&set, "loss", TAG_PLUGIN_SCALARS), TAG_SET_PRESENT);
    ck_assert_int_eq(add(&set, "Loss", TAG_PLUGIN_SCALARS), TAG_SET_ADDED);
    ck_assert_uint_eq(set.count, 2);
    ck_assert_uint_eq(set.fresh, 2);
    tag_set_begin(&set);
    ck_assert_uint_eq(set.fresh, 0);
    tag_set_free(&set);
}
END_TEST

START_TEST(a_tag_stays_with_its_plugin_in_every_file)
{
    tag_set set = {0};
    for (int file = 0; file < 3; file++) {
        tag_set_begin(&set);
        ck_assert_int_eq(add(&set, "keras", TAG_PLUGIN_KERAS_GRAPH),
                         file == 0 ? TAG_SET_ADDED : TAG_SET_NEW_IN_FILE);
        ck_assert_int_eq(add(&set, "keras", TAG_PLUGIN_SCALARS), TAG_SET_OTHER_PLUGIN);
        ck_assert_int_eq(add(&set, "keras", TAG_PLUGIN_KERAS_GRAPH), TAG_SET_PRESENT);
        ck_assert_uint_eq(set.fresh, 1);
        tag_set_next_file(&set);
        ck_assert_int_eq(add(&set, "keras", TAG_PLUGIN_SCALARS), TAG_SET_OTHER_PLUGIN);
    }
    tag_set_free(&set);
}
END_TEST

START_TEST(another_tag_at_the_same_address_is_another_tag)
{
    tag_set set = {0};
    char tag[16];
    for (int round = 0; round < 3; round++) {
        tag_set_begin(&set);
        for (char letter = 'a'; letter <= 'z'; letter++) {
            snprintf(tag, sizeof tag, "%c", letter);
            ck_assert_int_eq(add(&set, tag, TAG_PLUGIN_SCALARS),
                             round == 0 ? TAG_SET_ADDED : TAG_SET_PRESENT);
        }
    }
    ck_assert_uint_eq(set.count, 26);
    tag_set_free(&set);
}
END_TEST

static tag_set_result add_numbered(tag_set *set, unsigned number)
{
    char tag[32];
    snprintf(tag, sizeof tag, "tag %u", number);
    return add(set, tag, TAG_PLUGIN_SCALARS);
}

START_TEST(undoing_an_event_forgets_its_new_tags_only_at_every_count)
{
    enum { TAGS = 300 };
    tag_set set = {0};
    for (unsigned kept = 0; kept <= TAGS; kept += 7) {
        tag_set_begin(&set);
        for (unsigned i = 0; i < kept; i++) {
            ck_assert_int_ne(add_numbered(&set, i), TAG_SET_NO_MEMORY);
        }
        tag_set_begin(&set);
        for (unsigned i = 0; i < TAGS; i++) {
            ck_assert_int_eq(add_numbered(&set, i), i < kept ? TAG_SET_PRESENT : TAG_SET_ADDED);
        }
        tag_set_undo(&set);
        ck_assert_uint_eq(set.count, kept);
        ck_assert_uint_eq(set.fresh, 0);
        tag_set_begin(&set);
        for (unsigned i = 0; i < kept; i++) {
            ck_assert_int_eq(add_numbered(&set, i), TAG_SET_PRESENT);
        }
        if (kept < TAGS) {
            ck_assert_int_eq(add_numbered(&set, kept), TAG_SET_ADDED);
        }
        tag_set_undo(&set);
    }
    tag_set_free(&set);
}
END_TEST

START_TEST(undoing_an_event_takes_its_tags_out_of_the_file)
{
    tag_set set = {0};
    tag_set_begin(&set);
    ck_assert_int_eq(add(&set, "a", TAG_PLUGIN_TEXT), TAG_SET_ADDED);
    ck_assert_int_eq(add(&set, "b", TAG_PLUGIN_TEXT), TAG_SET_ADDED);
    tag_set_next_file(&set);
    tag_set_begin(&set);
    ck_assert_int_eq(add(&set, "b", TAG_PLUGIN_TEXT), TAG_SET_NEW_IN_FILE);
    tag_set_begin(&set);
    ck_assert_int_eq(add(&set, "a", TAG_PLUGIN_TEXT), TAG_SET_NEW_IN_FILE);
    tag_set_undo(&set);
    tag_set_begin(&set);
    ck_assert_int_eq(add(&set, "a", TAG_PLUGIN_TEXT), TAG_SET_NEW_IN_FILE);
    ck_assert_int_eq(add(&set, "b", TAG_PLUGIN_TEXT), TAG_SET_PRESENT);
    tag_set_free(&set);
}
END_TEST

int main(void)
{
    return RUN_TESTS("tag_set", a_tag_is_added_once, a_tag_stays_with_its_plugin_in_every_file,
                     another_tag_at_the_same_address_is_another_tag,
                     undoing_an_event_forgets_its_new_tags_only_at_every_count,
                     undoing_an_event_takes_its_tags_out_of_the_file);
}
