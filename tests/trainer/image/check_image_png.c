/* PNG files of every kind decode to independently computed greys; the message for a wrong file is
 * one line. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_main.h"
#include "image.h"
#include "made_png.h"
#include "message.h"

static made_png file;
static char message[MESSAGE_BYTES];
static image decoded;

static void expect_decodes(void)
{
    image_free(&decoded);
    ck_assert(image_is_png(file.bytes, file.count));
    message[0] = '\0';
    ck_assert_msg(image_png_decode(&decoded, file.bytes, file.count, "a.png", message) == 0, "%s",
                  message);
}

static void expect_refused(size_t count, const char *reason)
{
    static const image untouched = {.width = 77};
    image none = untouched;
    uint8_t *copy = malloc(count + 1); /* a copy, so that sanitizers find reads beyond it */
    memcpy(copy, file.bytes, count);
    ck_assert_int_eq(image_png_decode(&none, copy, count, "a.png", message), -1);
    free(copy);
    ck_assert_mem_eq(&none, &untouched, sizeof none);
    ck_assert_msg(strncmp(message, "a.png: ", 7) == 0 && strstr(message, reason) != NULL,
                  "\"%s\" does not say \"%s\"", message, reason);
    ck_assert_ptr_null(strchr(message, '\n'));
}

static unsigned depth_now;

/* Numbers without a pattern, so that a wrong place gives a wrong value. */
static unsigned mixed(uint32_t x, uint32_t y, unsigned channel)
{
    const uint32_t number = (x * 2654435761u) ^ (y * 2246822519u) ^ (channel * 3266489917u + 12345);
    return ((number ^ (number >> 15)) >> 3) & ((1u << depth_now) - 1);
}

/* A test's palette, and the opacity of its first colours. */
static uint8_t palette[256 * 3];
static const uint8_t opacity[5] = {0, 255, 128, 1, 254};

/* By image.h, in double: 8 bits, then luma, then a white background. */
static double grey_of(const double rgb[3], double opaque)
{
    const double luma = floor((19595 * rgb[0] + 38470 * rgb[1] + 7471 * rgb[2]) / 65536 + 0.5);
    return floor((luma * opaque + 255 * (255 - opaque)) / 255 + 0.5);
}

static double to_byte(unsigned sample)
{
    return floor(sample * 255.0 / ((1u << depth_now) - 1) + 0.5);
}

static double expected_at(const made_png_shape *shape, uint32_t x, uint32_t y)
{
    const bool is_rgb = shape->color == PNG_RGB || shape->color == PNG_RGB_ALPHA;
    double rgb[3];
    double opaque = 255;
    if (shape->color == PNG_PALETTE) {
        const unsigned index = mixed(x, y, 0);
        for (unsigned c = 0; c < 3; c++) {
            rgb[c] = palette[3 * index + c];
        }
        return grey_of(rgb, index < shape->transparent_bytes ? opacity[index] : 255);
    }
    for (unsigned c = 0; c < 3; c++) {
        rgb[c] = to_byte(mixed(x, y, is_rgb ? c : 0));
    }
    if (shape->color == PNG_GREY_ALPHA || shape->color == PNG_RGB_ALPHA) {
        opaque = to_byte(mixed(x, y, is_rgb ? 3 : 1));
    }
    return grey_of(rgb, opaque);
}

static void expect_pixels(const made_png_shape *shape)
{
    made_png_make(&file, shape);
    expect_decodes();
    ck_assert_uint_eq(decoded.width, shape->width);
    ck_assert_uint_eq(decoded.height, shape->height);
    for (uint32_t y = 0; y < shape->height; y++) {
        for (uint32_t x = 0; x < shape->width; x++) {
            const double expected = expected_at(shape, x, y);
            ck_assert_msg(decoded.pixels[y * shape->width + x] == expected,
                          "colour type %u, depth %u, interlaced %d, pixel (%u, %u): %u, not %g",
                          shape->color, shape->depth, shape->interlaced, x, y,
                          decoded.pixels[y * shape->width + x], expected);
        }
    }
}

START_TEST(every_kind_of_png_has_its_pixels)
{
    static const unsigned kinds[][2] = {
        {PNG_GREY, 1},        {PNG_GREY, 2},      {PNG_GREY, 4},      {PNG_GREY, 8},
        {PNG_GREY, 16},       {PNG_RGB, 8},       {PNG_RGB, 16},      {PNG_PALETTE, 1},
        {PNG_PALETTE, 2},     {PNG_PALETTE, 4},   {PNG_PALETTE, 8},   {PNG_GREY_ALPHA, 8},
        {PNG_GREY_ALPHA, 16}, {PNG_RGB_ALPHA, 8}, {PNG_RGB_ALPHA, 16}};
    static const uint32_t sizes[][2] = {{1, 1}, {2, 3}, {5, 1}, {1, 9}, {9, 17}, {16, 8}};
    for (size_t i = 0; i < sizeof palette; i++) {
        palette[i] = (uint8_t)(i * 37 + i / 3);
    }
    for (size_t kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++) {
        for (size_t size = 0; size < sizeof sizes / sizeof sizes[0]; size++) {
            for (int variant = 0; variant < 4; variant++) {
                depth_now = kinds[kind][1];
                made_png_shape shape = {.width = sizes[size][0],
                                        .height = sizes[size][1],
                                        .color = kinds[kind][0],
                                        .depth = depth_now,
                                        .interlaced = variant % 2 == 1,
                                        .sample = mixed};
                if (shape.color == PNG_PALETTE) {
                    const size_t colors = (size_t)1 << depth_now;
                    shape.palette = palette;
                    shape.palette_bytes = 3 * colors;
                    shape.transparent = opacity;
                    shape.transparent_bytes = variant < 2 ? 0 : colors < 5 ? colors : 5;
                }
                expect_pixels(&shape);
            }
        }
    }
}
END_TEST

/* One pixel, channels in the order of their number. */
static unsigned pixel_now[4];

static unsigned one_pixel(uint32_t x, uint32_t y, unsigned channel)
{
    (void)x;
    (void)y;
    return pixel_now[channel];
}

static unsigned grey_of_pixel(unsigned color, unsigned depth, const unsigned *pixel,
                              const uint8_t *transparent, size_t transparent_bytes)
{
    const made_png_shape shape = {.width = 1,
                                  .height = 1,
                                  .color = color,
                                  .depth = depth,
                                  .sample = one_pixel,
                                  .transparent = transparent,
                                  .transparent_bytes = transparent_bytes};
    memcpy(pixel_now, pixel, made_png_channels(color) * sizeof *pixel);
    made_png_make(&file, &shape);
    expect_decodes();
    return decoded.pixels[0];
}

START_TEST(colours_become_grey_as_written)
{
    ck_assert_uint_eq(grey_of_pixel(PNG_RGB, 8, (unsigned[]){255, 0, 0}, NULL, 0), 76);
    ck_assert_uint_eq(grey_of_pixel(PNG_RGB, 8, (unsigned[]){0, 255, 0}, NULL, 0), 150);
    ck_assert_uint_eq(grey_of_pixel(PNG_RGB, 8, (unsigned[]){0, 0, 255}, NULL, 0), 29);
    for (unsigned grey = 0; grey < 256; grey++) {
        ck_assert_uint_eq(grey_of_pixel(PNG_RGB, 8, (unsigned[]){grey, grey, grey}, NULL, 0), grey);
    }
}
END_TEST

START_TEST(what_is_transparent_lies_on_white_paper)
{
    static const uint8_t key_grey[] = {0, 7}, key_rgb[] = {0, 1, 0, 2, 0, 3}, key_wide[] = {1, 0};
    ck_assert_uint_eq(grey_of_pixel(PNG_GREY_ALPHA, 8, (unsigned[]){0, 0}, NULL, 0), 255);
    ck_assert_uint_eq(grey_of_pixel(PNG_GREY_ALPHA, 8, (unsigned[]){0, 255}, NULL, 0), 0);
    ck_assert_uint_eq(grey_of_pixel(PNG_RGB_ALPHA, 8, (unsigned[]){0, 0, 0, 128}, NULL, 0), 127);
    /* A colour can be named as transparent. */
    ck_assert_uint_eq(grey_of_pixel(PNG_GREY, 8, (unsigned[]){7}, key_grey, 2), 255);
    ck_assert_uint_eq(grey_of_pixel(PNG_GREY, 8, (unsigned[]){8}, key_grey, 2), 8);
    ck_assert_uint_eq(grey_of_pixel(PNG_RGB, 8, (unsigned[]){1, 2, 3}, key_rgb, 6), 255);
    ck_assert_uint_eq(grey_of_pixel(PNG_RGB, 8, (unsigned[]){1, 2, 4}, key_rgb, 6), 2);
    /* All 16 bits count, not only the 8 that are kept. */
    ck_assert_uint_eq(grey_of_pixel(PNG_GREY, 16, (unsigned[]){256}, key_wide, 2), 255);
    ck_assert_uint_eq(grey_of_pixel(PNG_GREY, 16, (unsigned[]){257}, key_wide, 2), 1);
}
END_TEST

static void make_sample(void)
{
    depth_now = 8;
    const made_png_shape shape = {
        .width = 9, .height = 17, .color = PNG_RGB, .depth = 8, .sample = mixed};
    made_png_make(&file, &shape);
}

START_TEST(a_wrong_checksum_is_refused_in_every_chunk)
{
    static const char *const types[] = {"IHDR", "tEXt", "IDAT", "IEND"};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        make_sample();
        const made_png whole = file;
        file.count = made_png_find(&whole, "IDAT"); /* a text between header and image */
        made_png_chunk(&file, "tEXt", (const uint8_t *)"Title\0digit", 11);
        memcpy(file.bytes + file.count, whole.bytes + made_png_find(&whole, "IDAT"),
               whole.count - made_png_find(&whole, "IDAT"));
        file.count += whole.count - made_png_find(&whole, "IDAT");
        expect_decodes();
        const size_t at = made_png_find(&file, types[i]);
        const size_t length = (size_t)file.bytes[at + 2] << 8 | file.bytes[at + 3];
        file.bytes[at + 8 + length] ^= 1;
        expect_refused(file.count, "is not a valid PNG: ");
    }
}
END_TEST

START_TEST(a_truncated_png_is_refused_at_every_length)
{
    make_sample();
    for (size_t count = 8; count < file.count; count++) {
        expect_refused(count, "is not a valid PNG: ");
    }
    expect_decodes();
}
END_TEST

START_TEST(an_image_with_too_few_rows_is_refused)
{
    make_sample();
    const size_t header = made_png_find(&file, "IHDR");
    const made_png whole = file;
    const made_png_shape taller = {
        .width = 9, .height = 18, .color = PNG_RGB, .depth = 8, .sample = mixed};
    made_png_begin(&file);
    made_png_header(&file, &taller);
    memcpy(file.bytes + file.count, whole.bytes + header + 25, whole.count - header - 25);
    file.count = whole.count;
    expect_refused(file.count, "is not a valid PNG: ");
}
END_TEST

START_TEST(absurd_sizes_are_refused_before_memory_is_taken)
{
    static const struct {
        uint32_t width, height;
        const char *reason;
    } headers[] = {
        {0, 5, "is not a valid PNG: "},
        {5, 0, "is not a valid PNG: "},
        {0xffffffff, 1, "is not a valid PNG: "},
        {0x7fffffff, 0x7fffffff, "has 2147483647x2147483647 pixels; at most 32768 a side"},
        {32769, 1, "has 32769x1 pixels"},
        {1, 32769, "has 1x32769 pixels"},
        {8193, 8192, "has 8193x8192 pixels; at most 32768 a side and 67108864 in all"},
        {8192, 8192, "is not a valid PNG: the file ends too early"},
    };
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        const made_png_shape shape = {.width = headers[i].width,
                                      .height = headers[i].height,
                                      .color = PNG_RGB_ALPHA,
                                      .depth = 16,
                                      .interlaced = true};
        made_png_begin(&file);
        made_png_header(&file, &shape);
        made_png_chunk(&file, "IDAT", (const uint8_t *)"", 0);
        expect_refused(file.count, headers[i].reason);
    }
}
END_TEST

START_TEST(damaged_texts_and_profiles_do_no_harm)
{
    /* They are marked as compressed but are no zlib data. */
    make_sample();
    const made_png whole = file;
    const size_t image_data = made_png_find(&whole, "IDAT");
    file.count = image_data;
    made_png_chunk(&file, "zTXt", (const uint8_t *)"Title\0\0nothing", 14);
    made_png_chunk(&file, "iCCP", (const uint8_t *)"Profile\0\0nothing", 16);
    memcpy(file.bytes + file.count, whole.bytes + image_data, whole.count - image_data);
    file.count += whole.count - image_data;
    expect_decodes();
}
END_TEST

static void tear_down(void)
{
    image_free(&decoded);
}

int main(void)
{
    Suite *suite = suite_create("image_png");
    TCase *files = tcase_create("files");
    tcase_add_checked_fixture(files, NULL, tear_down);
    tcase_add_test(files, every_kind_of_png_has_its_pixels);
    tcase_add_test(files, colours_become_grey_as_written);
    tcase_add_test(files, what_is_transparent_lies_on_white_paper);
    tcase_add_test(files, a_wrong_checksum_is_refused_in_every_chunk);
    tcase_add_test(files, a_truncated_png_is_refused_at_every_length);
    tcase_add_test(files, an_image_with_too_few_rows_is_refused);
    tcase_add_test(files, absurd_sizes_are_refused_before_memory_is_taken);
    tcase_add_test(files, damaged_texts_and_profiles_do_no_harm);
    suite_add_tcase(suite, files);
    return run_suite(suite);
}
