/* MNIST's own images are not changed, other digits are brought into MNIST's form, and paper without
 * a digit is refused. check_predict.py tests how much the form helps a network,
 * check_mnist_form_steps.py every step of it. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check_main.h"
#include "dataset.h"
#include "message.h"
#include "mnist_form.h"

enum { MOST_PIXELS = 64 * 64 };

static char message[MESSAGE_BYTES];
static uint8_t form[MNIST_FORM_PIXELS];
static uint8_t pixels[MOST_PIXELS];

/* An image of one grey in `pixels`. */
static image plain(uint32_t width, uint32_t height, uint8_t grey)
{
    memset(pixels, grey, sizeof pixels);
    return (image){pixels, width, height};
}

static void fill(const image *in, uint32_t left, uint32_t top, uint32_t width, uint32_t height,
                 uint8_t grey)
{
    for (uint32_t y = top; y < top + height; y++) {
        memset(in->pixels + (size_t)y * in->width + left, grey, width);
    }
}

static void expect_form(const image *from)
{
    message[0] = '\0';
    ck_assert_msg(mnist_form(form, from, message) == 0, "%s", message);
}

static void expect_refused(const image *from, const char *reason)
{
    ck_assert_int_eq(mnist_form(form, from, message), -1);
    ck_assert_msg(strstr(message, reason) != NULL, "\"%s\" does not say \"%s\"", message, reason);
}

/* Asserts that the form is a rectangle of one grey on black. */
static void expect_rectangle(uint32_t left, uint32_t top, uint32_t width, uint32_t height,
                             uint8_t grey)
{
    for (uint32_t y = 0; y < MNIST_FORM_SIDE; y++) {
        for (uint32_t x = 0; x < MNIST_FORM_SIDE; x++) {
            const bool inside = x - left < width && y - top < height;
            ck_assert_msg(form[y * MNIST_FORM_SIDE + x] == (inside ? grey : 0), "(%u, %u) is %u", x,
                          y, form[y * MNIST_FORM_SIDE + x]);
        }
    }
}

static unsigned count_changed(const dataset_part *part)
{
    unsigned changed = 0;
    for (uint32_t i = 0; i < part->count; i++) {
        uint8_t *own = part->images + (size_t)i * MNIST_FORM_PIXELS;
        const image one = {own, MNIST_FORM_SIDE, MNIST_FORM_SIDE};
        expect_form(&one);
        changed += memcmp(form, own, MNIST_FORM_PIXELS) != 0;
    }
    return changed;
}

START_TEST(mnist_keeps_its_form)
{
    const char *ci = getenv("CI");
    if (access(MNIST_FOLDER, F_OK) != 0 && (ci == NULL || strcmp(ci, "true") != 0)) {
        printf("skipped: %s is not there (scripts/fetch_mnist.sh)\n", MNIST_FOLDER);
        return;
    }
    dataset set;
    ck_assert_msg(dataset_load(&set, MNIST_FOLDER, message) == 0, "%s", message);
    ck_assert_uint_eq(count_changed(&set.training), 16);  /* of 60,000 */
    ck_assert_uint_eq(count_changed(&set.validation), 4); /* of 10,000: 99.97 % are unchanged */
    dataset_free(&set);
}
END_TEST

START_TEST(a_drawing_is_scaled_into_the_box_and_put_by_its_mass)
{
    /* 40 high and 16 wide becomes 20 and 8; its middle (3.5, 9.5) moves to (14.5, 14.5). */
    const image bar = plain(64, 64, 0);
    fill(&bar, 3, 20, 16, 40, 200);
    expect_form(&bar);
    expect_rectangle(11, 5, 8, 20, 200);
    const image dash = plain(30, 10, 0);
    fill(&dash, 10, 4, 5, 1, 9); /* smaller than the box: it grows */
    expect_form(&dash);
    expect_rectangle(5, 13, 20, 4, 9);
}
END_TEST

START_TEST(what_is_far_longer_than_wide_keeps_a_pixel)
{
    const image line = plain(64, 64, 0);
    fill(&line, 2, 30, 60, 1, 90);
    expect_form(&line);
    expect_rectangle(5, 14, 20, 1, 90);
}
END_TEST

START_TEST(ink_and_paper_of_any_grey_become_white_on_black)
{
    static const uint8_t greys[][2] = {{255, 0}, {200, 60}, {60, 200}, {1, 254}, {120, 100}};
    for (size_t i = 0; i < sizeof greys / sizeof greys[0]; i++) {
        const image block = plain(64, 64, greys[i][0]);
        fill(&block, 12, 5, 40, 40, greys[i][1]);
        expect_form(&block);
        expect_rectangle(5, 5, 20, 20, 255);
    }
}
END_TEST

START_TEST(greys_of_ink_are_kept)
{
    const image block = plain(64, 64, 200);
    fill(&block, 12, 5, 40, 40, 100); /* darkest where most of the ink is */
    fill(&block, 12, 5, 40, 10, 130);
    expect_form(&block);
    ck_assert_uint_eq(form[MNIST_FORM_SIDE * 8 + 14], 179); /* 255 * (200 - 130) / (200 - 100) */
    ck_assert_uint_eq(form[MNIST_FORM_SIDE * 14 + 14], 255);
}
END_TEST

START_TEST(a_slope_of_light_on_the_paper_does_no_harm)
{
    const image block = plain(64, 64, 0);
    for (unsigned i = 0; i < MOST_PIXELS; i++) {
        const unsigned x = i % 64, y = i / 64;
        const bool ink = x >= 12 && x < 52 && y >= 5 && y < 45;
        block.pixels[i] = (uint8_t)(100 + 2 * x - (ink ? 60 : 0)); /* paper from 100 to 226 */
    }
    expect_form(&block);
    expect_rectangle(5, 5, 20, 20, 255);
}
END_TEST

START_TEST(paper_alone_is_refused)
{
    for (unsigned grey = 0; grey < 256; grey++) {
        const image paper = plain(28, 28, (uint8_t)grey);
        expect_refused(&paper, "has the same grey all over");
    }
    const image pixel = plain(1, 1, 3);
    expect_refused(&pixel, "has the same grey all over");
    const image noise = plain(64, 64, 0);
    uint32_t state = 1;
    for (unsigned i = 0; i < MOST_PIXELS; i++) {
        state = state * 1664525 + 1013904223;
        noise.pixels[i] = (uint8_t)(50 + i % 64 + state / (1u << 25)); /* on a slope, 0 to 127 */
    }
    expect_refused(&noise, "has nothing on it that stands out from the paper");
    const image faint = plain(64, 64, 250);
    fill(&faint, 20, 20, 10, 10, 245);
    expect_refused(&faint, "has nothing on it that stands out from the paper");
}
END_TEST

START_TEST(single_dots_far_apart_leave_nothing)
{
    static uint8_t wide[1 << 20];
    const image dots = {wide, 1 << 10, 1 << 10};
    wide[(200 << 10) + 200] = wide[(900 << 10) + 900] = 255;
    expect_refused(&dots, "has so little ink that nothing of it is left");
}
END_TEST

START_TEST(images_of_any_shape_are_survived)
{
    static const uint32_t sides[] = {1, 2, 3, 27, 64};
    uint32_t state = 7;
    for (size_t i = 0; i < sizeof sides / sizeof sides[0]; i++) {
        for (size_t j = 0; j < sizeof sides / sizeof sides[0]; j++) {
            const image any = plain(sides[i], sides[j], 0);
            for (unsigned k = 0; k < sides[i] * sides[j]; k++) {
                state = state * 1664525 + 1013904223;
                any.pixels[k] = (uint8_t)(state >> 24);
            }
            (void)!mnist_form(form, &any, message); /* noise may look like a digit or not */
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mnist_form");
    TCase *images = tcase_create("images");
    tcase_add_test(images, mnist_keeps_its_form);
    tcase_add_test(images, a_drawing_is_scaled_into_the_box_and_put_by_its_mass);
    tcase_add_test(images, what_is_far_longer_than_wide_keeps_a_pixel);
    tcase_add_test(images, ink_and_paper_of_any_grey_become_white_on_black);
    tcase_add_test(images, greys_of_ink_are_kept);
    tcase_add_test(images, a_slope_of_light_on_the_paper_does_no_harm);
    tcase_add_test(images, paper_alone_is_refused);
    tcase_add_test(images, single_dots_far_apart_leave_nothing);
    tcase_add_test(images, images_of_any_shape_are_survived);
    suite_add_tcase(suite, images);
    return run_suite(suite);
}
