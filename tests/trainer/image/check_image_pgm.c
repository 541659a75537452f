/* PGM files as text and as bytes decode to the greys in them; the message for a wrong file is one
 * line. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "check_main.h"
#include "image.h"
#include "message.h"

static char message[MESSAGE_BYTES];
static image decoded;

static int decode(const char *bytes, size_t count)
{
    uint8_t *copy = malloc(count + 1); /* a copy, so that sanitizers find reads beyond it */
    memcpy(copy, bytes, count);
    ck_assert(image_is_pgm(copy, count));
    message[0] = '\0';
    const int status = image_pgm_decode(&decoded, copy, count, "a.pgm", message);
    free(copy);
    return status;
}

static void expect_pixels(const char *bytes, size_t count, uint32_t width, uint32_t height,
                          const uint8_t *pixels)
{
    image_free(&decoded);
    ck_assert_msg(decode(bytes, count) == 0, "%s", message);
    ck_assert_uint_eq(decoded.width, width);
    ck_assert_uint_eq(decoded.height, height);
    ck_assert_mem_eq(decoded.pixels, pixels, (size_t)width * height);
}

/* For a text that contains zero bytes. */
#define EXPECT(text, width, height, ...)                                                           \
    expect_pixels(text, sizeof(text) - 1, width, height, (const uint8_t[]){__VA_ARGS__})

START_TEST(values_are_greys)
{
    EXPECT("P5 3 2 255\n\0\1\2\xfd\xfe\xff", 3, 2, 0, 1, 2, 253, 254, 255);
    EXPECT("P2 3 2 255 0 1 2 253 254 255", 3, 2, 0, 1, 2, 253, 254, 255);
    EXPECT("P5\n1\n1\n255\n\n", 1, 1, '\n'); /* one space ends the header, and no more */
    EXPECT("P5 1 1 255\n#", 1, 1, '#');      /* pixels have no comments */
}
END_TEST

START_TEST(other_greatest_values_are_brought_to_255)
{
    EXPECT("P2 2 1 1\n0 1", 2, 1, 0, 255);
    EXPECT("P2 4 1 15 0 1 7 15", 4, 1, 0, 17, 119, 255);
    EXPECT("P5 2 1 15 \0\xf", 2, 1, 0, 255);
    EXPECT("P5 3 1 65535 \0\0\x7f\xff\xff\xff", 3, 1, 0, 127, 255);
    EXPECT("P2 3 1 1000 2 501 1000", 3, 1, 1, 128, 255); /* 0.51 and 127.76 rounded */
    EXPECT("P5 2 1 256 \0\x80\1\0", 2, 1, 128, 255);     /* 127.5 rounded up */
}
END_TEST

START_TEST(white_space_and_comments_may_be_anywhere_in_the_text)
{
    EXPECT("P5# by hand\n#\n 2 # wide\r1\t\v255\n\1\2", 2, 1, 1, 2);
    EXPECT("P2\n2 2\n# greatest\n9\n1 2 # a row\n 3\n9 # end", 2, 2, 28, 57, 85, 255);
    EXPECT("P2 1 1 255 7\n\n", 1, 1, 7);
}
END_TEST

static void expect_refused(const char *bytes, size_t count, const char *reason)
{
    const image before = decoded;
    ck_assert_int_eq(decode(bytes, count), -1);
    ck_assert_mem_eq(&decoded, &before, sizeof before);
    ck_assert_msg(strncmp(message, "a.pgm: ", 7) == 0 && strstr(message, reason) != NULL,
                  "\"%s\" does not say \"%s\"", message, reason);
    ck_assert_ptr_null(strchr(message, '\n'));
}

#define REFUSE(text, reason) expect_refused(text, sizeof(text) - 1, reason)

START_TEST(wrong_headers_are_refused)
{
    REFUSE("P5 ", "is truncated: it ends before its width");
    REFUSE("P5 3", "is truncated: it ends before its height");
    REFUSE("P5 3 2 # 255", "is truncated: it ends before its maximum value");
    REFUSE("P5 3 2 255", "no space follows its header");
    REFUSE("P5 3 2 255#\n", "no space follows its header");
    REFUSE("P5 x 2 255\n", "its width is not a number");
    REFUSE("P5 3 -2 255\n", "its height is not a number");
    REFUSE("P5 3 2 0\n", "its maximum value is 0, not 1 to 65535");
    REFUSE("P5 3 2 65536\n", "its maximum value is 65536, not 1 to 65535");
    REFUSE("P5 0 2 255\n", "is an image without pixels");
    REFUSE("P2 2 0 255\n", "is an image without pixels");
}
END_TEST

START_TEST(absurd_sizes_are_refused)
{
    REFUSE("P5 32769 1 255\n", "has 32769x1 pixels; at most 32768 a side");
    REFUSE("P5 8193 8192 255\n", "has 8193x8192 pixels; at most 32768 a side and 67108864 in all");
    REFUSE("P2 4294967295 4294967295 255\n", "has 4294967295x4294967295 pixels");
    REFUSE("P5 4294967296 1 255\n", "its width is not a number from 0 to 4294967295");
    REFUSE("P5 99999999999999999999999999999999 1 255\n", "its width is not a number");
    REFUSE("P5 8192 8192 255\n", "its header promises 67108864 pixels, but only 0 bytes follow");
}
END_TEST

START_TEST(wrong_pixels_are_refused)
{
    REFUSE("P5 3 1 255\n\1\2", "is truncated: its header promises 3 pixels, but only 2 bytes");
    REFUSE("P5 2 1 256\n\1\2\1", "is truncated: its header promises 2 pixels, but only 3 bytes");
    REFUSE("P2 3 1 255\n1 2 ", "is truncated: its header promises 3 pixels, but only 4 bytes");
    REFUSE("P2 3 1 255\n100 200", "is truncated: it ends before its next pixel");
    REFUSE("P2 3 1 255\n1,2,3", "its next pixel is not a number");
    REFUSE("P2 2 1 9\n1 10", "the value 10 is above its maximum of 9");
    REFUSE("P5 1 1 9\n\x0a", "the value 10 is above its maximum of 9");
    REFUSE("P5 1 1 9\n\1\2", "has more data after its pixels");
    REFUSE("P2 1 1 9\n1 2", "has more data after its pixels");
}
END_TEST

static void tear_down(void)
{
    image_free(&decoded);
}

int main(void)
{
    Suite *suite = suite_create("image_pgm");
    TCase *files = tcase_create("files");
    tcase_add_checked_fixture(files, NULL, tear_down);
    tcase_add_test(files, values_are_greys);
    tcase_add_test(files, other_greatest_values_are_brought_to_255);
    tcase_add_test(files, white_space_and_comments_may_be_anywhere_in_the_text);
    tcase_add_test(files, wrong_headers_are_refused);
    tcase_add_test(files, absurd_sizes_are_refused);
    tcase_add_test(files, wrong_pixels_are_refused);
    suite_add_tcase(suite, files);
    return run_suite(suite);
}
