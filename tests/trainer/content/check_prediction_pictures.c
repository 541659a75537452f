/* The pictures of a validation: their meaningful colours, and that nothing is drawn outside of
 * them. */
#include <check.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "check_main.h"
#include "lenet.h"
#include "prediction_pictures.h"

enum { SAMPLES = 1000 };

static uint8_t images[SAMPLES * LENET_IMAGE_PIXELS];
static uint8_t labels[SAMPLES];
static uint8_t predicted[SAMPLES];
static dataset_part set;

/* Sample i is the digit i % 10 with all pixels 100 + i % 100, and is predicted correctly. */
static void set_up(void)
{
    for (size_t i = 0; i < SAMPLES; i++) {
        labels[i] = predicted[i] = (uint8_t)(i % LENET_CLASSES);
        memset(images + i * LENET_IMAGE_PIXELS, (int)(100 + i % 100), LENET_IMAGE_PIXELS);
    }
    set = (dataset_part){images, labels, SAMPLES};
}

static picture_color at(const picture *from, uint32_t x, uint32_t y)
{
    const uint8_t *pixel = from->pixels + ((size_t)y * from->width + x) * 3;
    return (picture_color){pixel[0], pixel[1], pixel[2]};
}

static bool same(picture_color a, picture_color b)
{
    return a.red == b.red && a.green == b.green && a.blue == b.blue;
}

/* The background of a cell, from its corner, which no digit reaches. */
static picture_color ground(const picture *matrix, uint32_t label, uint32_t class)
{
    return at(matrix, 38 + 31 * class + 1, 26 + 31 * label + 1);
}

static picture confusion(void)
{
    picture out;
    ck_assert_int_eq(prediction_picture_confusion(&out, &set, predicted), 0);
    return out;
}

static const picture_color white = {255, 255, 255};

START_TEST(what_is_right_is_blue_on_the_diagonal)
{
    picture matrix = confusion();
    const picture_color blue = {31, 119, 180};
    for (uint32_t label = 0; label < LENET_CLASSES; label++) {
        for (uint32_t class = 0; class < LENET_CLASSES; class ++) {
            ck_assert(same(ground(&matrix, label, class), label == class ? blue : white));
        }
    }
    picture_free(&matrix);
    ck_assert_ptr_null(matrix.pixels);
}
END_TEST

START_TEST(mistakes_are_red_in_the_labels_row_and_the_darker_the_more)
{
    predicted[3] = 5; /* one of a hundred */
    for (size_t i = 7; i < 500; i += 10) {
        predicted[i] = 1; /* half of the sevens */
    }
    picture matrix = confusion();
    const picture_color one = ground(&matrix, 3, 5);
    const picture_color half = ground(&matrix, 7, 1);
    ck_assert_uint_gt(one.red, one.green);
    ck_assert_uint_lt(one.green, 200); /* visible although it is one in a hundred */
    ck_assert_uint_lt(half.green, one.green);
    ck_assert(same(ground(&matrix, 5, 3), white));
    ck_assert(same(ground(&matrix, 1, 7), white));
    ck_assert(!same(ground(&matrix, 7, 7), ground(&matrix, 0, 0)));
    picture_free(&matrix);
}
END_TEST

/* The number of pixels of a cell that differ from its background: the digits. */
static unsigned ink_of_cell(const picture *matrix, uint32_t label, uint32_t class)
{
    unsigned ink = 0;
    for (uint32_t y = 0; y < 30; y++) {
        for (uint32_t x = 0; x < 30; x++) {
            ink += !same(at(matrix, 38 + 31 * class + x, 26 + 31 * label + y),
                         ground(matrix, label, class));
        }
    }
    return ink;
}

START_TEST(a_cells_count_is_written_into_it)
{
    labels[0] = 4; /* 101 fours and 99 zeros; one four is predicted as a zero */
    picture matrix = confusion();
    /* A one of the font has 10 pixels, a nine 15 and a nought 19. */
    ck_assert_uint_eq(ink_of_cell(&matrix, 4, 0), 10);
    ck_assert_uint_eq(ink_of_cell(&matrix, 0, 0), 2 * 15);
    ck_assert_uint_eq(ink_of_cell(&matrix, 5, 5), 10 + 2 * 19);
    ck_assert_uint_eq(ink_of_cell(&matrix, 0, 1), 0);
    picture_free(&matrix);
}
END_TEST

START_TEST(large_counts_stay_in_their_cells)
{
    enum { MANY = 2700000 };
    uint8_t *zeros = calloc(MANY, 1);
    ck_assert_ptr_nonnull(zeros);
    const uint32_t counts[] = {99999, 100000, MANY};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        const dataset_part all = {images, zeros, counts[i]};
        picture matrix;
        ck_assert_int_eq(prediction_picture_confusion(&matrix, &all, zeros), 0);
        ck_assert_uint_gt(ink_of_cell(&matrix, 0, 0), 40);
        ck_assert_uint_eq(ink_of_cell(&matrix, 0, 1), 0);
        for (uint32_t y = 0; y < 30; y++) { /* a number too wide for its cell would cover it */
            const picture_color line = at(&matrix, 38 + 30, 26 + y);
            ck_assert(same(line, (picture_color){220, 220, 220}));
        }
        picture_free(&matrix);
    }
    free(zeros);
}
END_TEST

/* The grey in the middle of a tile, or white if the tile is empty. */
static picture_color tile(const picture *sheet, uint32_t place)
{
    return at(sheet, place % 5 * 70 + 35, place / 5 * (sheet->height / 2) + 36);
}

START_TEST(the_first_ten_mistakes_are_shown_in_the_sets_order)
{
    picture sheet;
    for (size_t i = 20; i < SAMPLES; i += 20) {
        predicted[i] = 9;
    }
    ck_assert_int_eq(prediction_picture_mistakes(&sheet, &set, predicted), 0);
    for (uint32_t place = 0; place < PREDICTION_MISTAKES; place++) {
        const uint8_t grey = (uint8_t)(100 + (place + 1) * 20 % 100);
        ck_assert(same(tile(&sheet, place), (picture_color){grey, grey, grey}));
    }
    picture_free(&sheet);
}
END_TEST

START_TEST(fewer_mistakes_leave_the_rest_of_the_picture_empty)
{
    picture sheet;
    predicted[30] = 8;
    ck_assert_int_eq(prediction_picture_mistakes(&sheet, &set, predicted), 0);
    ck_assert(same(tile(&sheet, 0), (picture_color){130, 130, 130}));
    for (uint32_t place = 1; place < PREDICTION_MISTAKES; place++) {
        ck_assert(same(tile(&sheet, place), white));
    }
    picture_free(&sheet);
}
END_TEST

START_TEST(no_mistake_and_no_sample_but_one_are_no_trouble)
{
    picture sheet;
    set.count = 1;
    ck_assert_int_eq(prediction_picture_mistakes(&sheet, &set, predicted), 0);
    ck_assert(same(tile(&sheet, 0), white));
    picture_free(&sheet);
    picture matrix = confusion();
    ck_assert(same(ground(&matrix, 1, 1), white));
    ck_assert(!same(ground(&matrix, 0, 0), white));
    picture_free(&matrix);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("prediction_pictures");
    TCase *pictures = tcase_create("pictures");
    tcase_add_checked_fixture(pictures, set_up, NULL);
    tcase_add_test(pictures, what_is_right_is_blue_on_the_diagonal);
    tcase_add_test(pictures, mistakes_are_red_in_the_labels_row_and_the_darker_the_more);
    tcase_add_test(pictures, a_cells_count_is_written_into_it);
    tcase_add_test(pictures, large_counts_stay_in_their_cells);
    tcase_add_test(pictures, the_first_ten_mistakes_are_shown_in_the_sets_order);
    tcase_add_test(pictures, fewer_mistakes_leave_the_rest_of_the_picture_empty);
    tcase_add_test(pictures, no_mistake_and_no_sample_but_one_are_no_trouble);
    suite_add_tcase(suite, pictures);
    return run_suite(suite);
}
