#include <float.h>
#include <math.h>

#include "check_add.h"
#include "little_endian.h"
#include "record_format.h"

/* The buckets of the file's last record: 30 rows after 38 bytes of tags and numbers, as the stock
 * package encodes a histogram of tag "h". */
static void last_buckets(tblog_bucket *buckets)
{
    const uint8_t *at =
        f.file.data + f.file.size - sizeof golden_histogram + RECORD_HEADER_BYTES + 38;
    for (size_t i = 0; i < 30; i++, at += 24) {
        buckets[i] = (tblog_bucket){.left = little_endian_load_double(at),
                                    .right = little_endian_load_double(at + 8),
                                    .count = little_endian_load_double(at + 16)};
    }
}

static double total(const tblog_bucket *buckets)
{
    double sum = 0.0;
    for (size_t i = 0; i < 30; i++) {
        sum += buckets[i].count;
    }
    return sum;
}

START_TEST(a_histogram_has_the_stock_bytes)
{
    /* Some processors compute floats as doubles, constants too; an assignment rounds to float. */
    const float tenth = 0.1f;
    float values[100];
    double doubles[100];
    for (int i = 0; i < 100; i++) {
        const float product = (float)(i * i) * tenth;
        values[i] = product - 100.0f;
        doubles[i] = (double)values[i];
    }
    size_t non_finite = 9;
    ck_assert_int_eq(tblog_add_histogram(f.writer, "h", 5, values, 100, &non_finite), TBLOG_OK);
    check_last_record(&f, golden_histogram);
    ck_assert_uint_eq(non_finite, 0);
    close_writer();
    open_writer();
    ck_assert_int_eq(tblog_add_histogram_double(f.writer, "h", 5, doubles, 100, NULL), TBLOG_OK);
    check_last_record(&f, golden_histogram);
}
END_TEST

START_TEST(equal_values_have_the_stock_bytes)
{
    const float values[] = {2.5f, 2.5f, 2.5f};
    ck_assert_int_eq(tblog_add_histogram(f.writer, "h", 5, values, 3, NULL), TBLOG_OK);
    check_last_record(&f, golden_histogram_single);
}
END_TEST

START_TEST(no_values_have_the_stock_bytes)
{
    ck_assert_int_eq(tblog_add_histogram(f.writer, "h", 5, NULL, 0, NULL), TBLOG_OK);
    check_last_record(&f, golden_histogram_empty);
}
END_TEST

START_TEST(values_that_are_not_finite_are_left_out_and_counted)
{
    const float values[] = {NAN, 2.5f, INFINITY, 2.5f, -INFINITY, 2.5f, -NAN};
    size_t non_finite = 0;
    ck_assert_int_eq(tblog_add_histogram(f.writer, "h", 5, values, 7, &non_finite), TBLOG_OK);
    check_last_record(&f, golden_histogram_single);
    ck_assert_uint_eq(non_finite, 4);
    const double none[] = {NAN, INFINITY};
    ck_assert_int_eq(tblog_add_histogram_double(f.writer, "all", 5, none, 2, &non_finite),
                     TBLOG_OK);
    ck_assert_uint_eq(non_finite, 2);
}
END_TEST

START_TEST(extreme_values_make_finite_buckets)
{
    static const double pairs[][2] = {{-DBL_MAX, DBL_MAX},
                                      {0.0, 5e-324},
                                      {-5e-324, 1e-322},
                                      {-DBL_MAX, 0.0},
                                      {1.0, 1.0 + DBL_EPSILON}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        ck_assert_int_eq(tblog_add_histogram_double(f.writer, "h", 5, pairs[i], 2, NULL), TBLOG_OK);
        tblog_bucket buckets[30];
        last_buckets(buckets);
        ck_assert_double_eq(buckets[0].left, pairs[i][0]);
        ck_assert_double_eq(buckets[29].right, pairs[i][1]);
        for (size_t j = 0; j < 30; j++) {
            ck_assert(isfinite(buckets[j].left) && isfinite(buckets[j].right));
            ck_assert(buckets[j].left <= buckets[j].right);
        }
        ck_assert_double_eq(total(buckets), 2.0);
        ck_assert_double_ge(buckets[29].count, 1.0);
        close_writer();
        open_writer();
    }
}
END_TEST

START_TEST(ready_buckets_are_written_as_they_are)
{
    tblog_bucket buckets[30];
    for (int i = 0; i < 30; i++) {
        buckets[i] = (tblog_bucket){.left = i, .right = i + 0.5, .count = 2.0 * i};
    }
    ck_assert_int_eq(tblog_add_histogram_buckets(f.writer, "h", 5, buckets, 30), TBLOG_OK);
    tblog_bucket written[30];
    last_buckets(written);
    ck_assert_mem_eq(written, buckets, sizeof buckets);
}
END_TEST

START_TEST(wrong_arguments_are_refused_and_write_nothing)
{
    ck_assert_int_eq(tblog_add_scalar(f.writer, "scalar", 0, 1.0), TBLOG_OK);
    const size_t before = f.file.size;
    const float value = 1.0f;
    static const tblog_bucket bad[][2] = {{{0, 1, 1}, {NAN, 2, 1}}, {{0, 1, 1}, {1, INFINITY, 1}},
                                          {{0, 1, 1}, {1, 2, NAN}}, {{0, 1, 1}, {1, 2, -1}},
                                          {{0, 1, 1}, {3, 2, 1}},   {{0, 1, 1}, {-1, 2, 1}},
                                          {{0, 3, 1}, {1, 2, 1}}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_int_eq(tblog_add_histogram_buckets(f.writer, "h", 0, bad[i], 2), TBLOG_INVALID);
    }
    ck_assert_int_eq(tblog_add_histogram_buckets(f.writer, "h", 0, NULL, 1), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_histogram_buckets(f.writer, "h", 0, bad[0], 0), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_histogram_buckets(f.writer, "h", 0, bad[0], SIZE_MAX),
                     TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_histogram(f.writer, "h", 0, NULL, 1, NULL), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_histogram_double(f.writer, "h", 0, NULL, 1, NULL), TBLOG_INVALID);
    size_t non_finite = 77;
    ck_assert_int_eq(tblog_add_histogram(f.writer, "", 0, &value, 1, &non_finite), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_histogram(NULL, "h", 0, &value, 1, &non_finite), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_histogram(f.writer, "scalar", 0, &value, 1, &non_finite),
                     TBLOG_INVALID);
    ck_assert_uint_eq(non_finite, 77);
    ck_assert_uint_eq(f.file.size, before);
}
END_TEST

int main(void)
{
    return RUN_ADD_TESTS("add_histogram", a_histogram_has_the_stock_bytes,
                         equal_values_have_the_stock_bytes, no_values_have_the_stock_bytes,
                         values_that_are_not_finite_are_left_out_and_counted,
                         extreme_values_make_finite_buckets, ready_buckets_are_written_as_they_are,
                         wrong_arguments_are_refused_and_write_nothing);
}
