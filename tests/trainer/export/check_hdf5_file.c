/* A small HDF5 file, read by the specification. check_export_models.py reads such files with
 * libhdf5. */
#include <check.h>
#include <string.h>

#include "check_main.h"
#include "hdf5_file.h"

enum { SPACE = 1, DATATYPE = 3, LINK = 6, LAYOUT = 8 }; /* messages */
enum { PREFIX_BYTES = 16, MESSAGE_PREFIX_BYTES = 8 };

static const float values[] = {1, 2, 3, 4, 5, 6};
static const float single[] = {7};
static const hdf5_node arrays[] = {
    {.name = "long name", .data = values, .rank = 2, .shape = {2, 3}},
    {.name = "s", .data = single, .rank = 1, .shape = {1}}};
static const hdf5_node groups[] = {{.name = "full", .members = arrays, .member_count = 2},
                                   {.name = "none"}};
static const hdf5_node root = {.members = groups, .member_count = 2};

static file_content content;

static uint64_t number(uint64_t at, size_t bytes)
{
    uint64_t value = 0;
    ck_assert_uint_le(at + bytes, content.bytes);
    memcpy(&value, content.data + at, bytes);
    return value;
}

/* The start of the data of the header's message number `index` of that type; 0 if there is none. */
static uint64_t find_message(uint64_t header, unsigned type, unsigned index)
{
    uint64_t at = header + PREFIX_BYTES;
    ck_assert_uint_eq(header % 8, 0);
    ck_assert_uint_eq(number(header, 1), 1);
    for (uint64_t left = number(header + 2, 2); left > 0; left--) {
        const uint64_t length = number(at + 2, 2);
        ck_assert_uint_eq(length % 8, 0);
        if (number(at, 2) == type && index-- == 0) {
            return at + MESSAGE_PREFIX_BYTES;
        }
        at += MESSAGE_PREFIX_BYTES + length;
    }
    ck_assert_uint_eq(at, header + PREFIX_BYTES + number(header + 8, 4));
    return 0;
}

/* The header to which the link points. */
static uint64_t follow(uint64_t header, unsigned index, const char *name)
{
    const uint64_t link = find_message(header, LINK, index);
    const uint64_t length = number(link + 2, 1);
    ck_assert_uint_ne(link, 0);
    ck_assert_uint_eq(length, strlen(name));
    ck_assert_mem_eq(content.data + link + 3, name, length);
    return number(link + 3 + length, 8);
}

static uint64_t root_header(void)
{
    return number(64, 8);
}

START_TEST(the_superblock_leads_to_the_root_and_to_the_end)
{
    ck_assert_mem_eq(content.data, "\x89HDF\r\n\x1a\n", 8);
    ck_assert_uint_eq(number(13, 1), 8); /* bytes of an address */
    ck_assert_uint_eq(number(40, 8), content.bytes);
    ck_assert_uint_lt(root_header(), content.bytes);
}
END_TEST

START_TEST(groups_link_to_their_members)
{
    const uint64_t full = follow(root_header(), 0, "full");
    const uint64_t none = follow(root_header(), 1, "none");
    ck_assert_uint_eq(find_message(root_header(), LINK, 2), 0);
    ck_assert_uint_ne(follow(full, 0, "long name"), follow(full, 1, "s"));
    ck_assert_uint_eq(find_message(full, LINK, 2), 0);
    ck_assert_uint_eq(find_message(none, LINK, 0), 0);
}
END_TEST

START_TEST(an_array_has_its_shape_type_and_values)
{
    const uint64_t array = follow(follow(root_header(), 0, "full"), 0, "long name");
    const uint64_t space = find_message(array, SPACE, 0);
    const uint64_t layout = find_message(array, LAYOUT, 0);
    ck_assert_uint_eq(number(space + 1, 1), 2);
    ck_assert_uint_eq(number(space + 8, 8), 2);
    ck_assert_uint_eq(number(space + 16, 8), 3);
    ck_assert_uint_eq(number(find_message(array, DATATYPE, 0) + 4, 4), sizeof(float));
    ck_assert_uint_eq(number(layout + 2, 8) % 8, 0);
    ck_assert_uint_eq(number(layout + 10, 8), sizeof values);
    ck_assert_mem_eq(content.data + number(layout + 2, 8), values, sizeof values);
}
END_TEST

static void set_up(void)
{
    content = (file_content){0};
    hdf5_file_make(&content, &root);
    ck_assert(!content.failed);
}

static void tear_down(void)
{
    file_content_free(&content);
}

int main(void)
{
    Suite *suite = suite_create("hdf5_file");
    TCase *files = tcase_create("files");
    tcase_add_checked_fixture(files, set_up, tear_down);
    tcase_add_test(files, the_superblock_leads_to_the_root_and_to_the_end);
    tcase_add_test(files, groups_link_to_their_members);
    tcase_add_test(files, an_array_has_its_shape_type_and_values);
    suite_add_tcase(suite, files);
    return run_suite(suite);
}
