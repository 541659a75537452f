#include <string.h>

#include "check_add.h"

/* The part of a PNG that is read: width and height, in the last bytes of their numbers. */
#define PNG_HEAD(width, height)                                                                    \
    {0x89, 'P', 'N',   'G', '\r', '\n', 0x1a,   '\n', 0, 0, 0, 13, 'I', 'H', 'D', 'R', 0,          \
     0,    0,   width, 0,   0,    0,    height, 8,    0, 0, 0, 0,  0,   0,   0,   0}

START_TEST(pngs_have_the_stock_bytes)
{
    static const uint8_t first[] = PNG_HEAD(3, 2);
    static const uint8_t second[] = PNG_HEAD(4, 5);
    const tblog_png pngs[] = {{first, sizeof first}, {second, sizeof second}};
    ck_assert_int_eq(tblog_add_pngs(f.writer, "i", 6, pngs, 2), TBLOG_OK);
    check_last_record(&f, golden_images);
}
END_TEST

START_TEST(what_is_no_png_is_refused)
{
    const size_t before = f.file.size;
    static const uint8_t good[] = PNG_HEAD(3, 2);
    static const uint8_t no_width[] = PNG_HEAD(0, 2);
    static const uint8_t no_height[] = PNG_HEAD(3, 0);
    const tblog_png no_widths[] = {{good, sizeof good}, {no_width, sizeof no_width}};
    const tblog_png no_heights[] = {{good, sizeof good}, {no_height, sizeof no_height}};
    const tblog_png missing[] = {{good, sizeof good}, {NULL, 0}};
    const tblog_png cut = {good, sizeof good - 1};
    ck_assert_int_eq(tblog_add_pngs(f.writer, "i", 0, no_widths, 2), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_pngs(f.writer, "i", 0, no_heights, 2), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_pngs(f.writer, "i", 0, missing, 2), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_pngs(f.writer, "i", 0, &cut, 1), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_pngs(f.writer, "i", 0, missing, 0), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_pngs(f.writer, "i", 0, NULL, 1), TBLOG_INVALID);
    for (size_t at = 0; at < 16; at++) {
        uint8_t wrong[sizeof good];
        memcpy(wrong, good, sizeof good);
        wrong[at] ^= 1;
        const tblog_png png = {wrong, sizeof wrong};
        /* The length of the header chunk, bytes 8 to 11, is not used. */
        ck_assert_int_eq(tblog_add_pngs(f.writer, "i", 0, &png, 1),
                         at >= 8 && at < 12 ? TBLOG_OK : TBLOG_INVALID);
        if (at == 7) {
            ck_assert_uint_eq(f.file.size, before);
        }
    }
}
END_TEST

START_TEST(wrong_arguments_are_refused_and_write_nothing)
{
    ck_assert_int_eq(tblog_add_scalar(f.writer, "scalar", 0, 1.0), TBLOG_OK);
    const size_t before = f.file.size;
    const uint8_t pixel[4] = {0};
    ck_assert_int_eq(tblog_add_image(NULL, "i", 0, pixel, 1, 1, 1), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_image(f.writer, NULL, 0, pixel, 1, 1, 1), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_image(f.writer, "scalar", 0, pixel, 1, 1, 1), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_image(f.writer, "i", 0, NULL, 1, 1, 1), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_image(f.writer, "i", 0, pixel, 0, 1, 1), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_image(f.writer, "i", 0, pixel, 1, 0, 1), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_image(f.writer, "i", 0, pixel, 65536, 1, 1), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_image(f.writer, "i", 0, pixel, 1, 65536, 1), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_image(f.writer, "i", 0, pixel, 1, 1, 0), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_image(f.writer, "i", 0, pixel, 1, 1, 5), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_images(f.writer, "i", 0, pixel, 0, 1, 1, 1), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_images(f.writer, "i", 0, pixel, SIZE_MAX, 1, 1, 1), TBLOG_INVALID);
    ck_assert_uint_eq(f.file.size, before);
}
END_TEST

int main(void)
{
    return RUN_ADD_TESTS("add_image", pngs_have_the_stock_bytes, what_is_no_png_is_refused,
                         wrong_arguments_are_refused_and_write_nothing);
}
