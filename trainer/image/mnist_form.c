#include "mnist_form.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"

enum { GREYS = 256, BOX_SIDE = 20, CENTRE = 14 };

/* The distance of the greys of ink and paper in standard deviations within each, below which there
 * is no ink. Noise alone, split at its middle, has 2.7, and an even slope of greys 3.5. */
static const double least_distance = 4;

/* How many pixels have each grey. */
typedef struct histogram {
    uint32_t counts[GREYS];
    uint32_t all;
} histogram;

/* What each grey of an image means. */
typedef struct ink_scale {
    bool is_ink[GREYS];
    uint8_t amount[GREYS]; /* of ink */
} ink_scale;

/* A rectangle of pixels; right and bottom are the first beyond it. */
typedef struct box {
    uint32_t left, top, right, bottom;
} box;

static uint8_t pixel(const image *from, uint32_t x, uint32_t y)
{
    return from->pixels[(size_t)y * from->width + x];
}

static void count(histogram *self, uint8_t grey)
{
    self->counts[grey]++;
    self->all++;
}

/* The corners count twice. */
static histogram count_border(const image *from)
{
    histogram border = {0};
    const uint32_t right = from->width - 1, bottom = from->height - 1;
    for (uint32_t x = 0; x <= right; x++) {
        count(&border, pixel(from, x, 0));
        count(&border, pixel(from, x, bottom));
    }
    for (uint32_t y = 0; y <= bottom; y++) {
        count(&border, pixel(from, 0, y));
        count(&border, pixel(from, right, y));
    }
    return border;
}

static histogram count_all(const image *from)
{
    histogram all = {0};
    const size_t pixels = (size_t)from->width * from->height;
    for (size_t i = 0; i < pixels; i++) {
        count(&all, from->pixels[i]);
    }
    return all;
}

/* The least grey that so large a part of the pixels does not exceed. */
static int grey_at(const histogram *of, double part)
{
    uint64_t counted = of->counts[0];
    int grey = 0;
    while ((double)counted < part * of->all && grey < GREYS - 1) {
        counted += of->counts[++grey];
    }
    return grey;
}

/* Sums over a class of greys. */
typedef struct moments {
    double pixels, greys, squares;
} moments;

static void add_grey(moments *self, int grey, double pixels)
{
    self->pixels += pixels;
    self->greys += pixels * grey;
    self->squares += pixels * grey * grey;
}

/* The sum of squared distances from the mean. */
static double spread(const moments *of)
{
    return of->squares - of->greys * of->greys / of->pixels;
}

/* Otsu's threshold: greys up to it and greys above it, of both of which there are some, differ least
 * among themselves. *distance is that of their means, in standard deviations within the classes. */
static int find_threshold(const histogram *of, double *distance)
{
    moments below = {0}, above = {0};
    for (int grey = 0; grey < GREYS; grey++) {
        add_grey(&above, grey, of->counts[grey]);
    }
    double least = INFINITY;
    int threshold = 0;
    for (int grey = 0; grey < GREYS; grey++) {
        add_grey(&below, grey, of->counts[grey]);
        add_grey(&above, grey, -(double)of->counts[grey]);
        if (below.pixels == 0 || above.pixels == 0) {
            continue;
        }
        const double within = spread(&below) + spread(&above);
        if (within < least) {
            least = within;
            threshold = grey;
            *distance = (above.greys / above.pixels - below.greys / below.pixels) /
                        sqrt(fmax(within, 0) / of->all);
        }
    }
    return threshold;
}

static uint8_t to_byte(double value)
{
    return (uint8_t)floor(fmin(fmax(value, 0), 255) + 0.5);
}

/* Of light ink on black paper: greys are amounts of ink as they are. */
static void scale_on_black(ink_scale *out)
{
    for (int grey = 0; grey < GREYS; grey++) {
        out->is_ink[grey] = grey > 0;
        out->amount[grey] = (uint8_t)grey;
    }
}

/* On paper of that grey. False if there is no ink. */
static bool scale_on_paper(ink_scale *out, const image *from, int paper)
{
    double distance = 0;
    const histogram all = count_all(from);
    const int threshold = find_threshold(&all, &distance);
    const bool light_ink = paper <= threshold;
    histogram ink = {0};
    for (int grey = 0; grey < GREYS; grey++) {
        out->is_ink[grey] = (grey > threshold) == light_ink;
        ink.counts[grey] = out->is_ink[grey] ? all.counts[grey] : 0;
        ink.all += ink.counts[grey];
    }
    const int full = grey_at(&ink, light_ink ? 0.9 : 0.1);
    for (int grey = 0; grey < GREYS; grey++) {
        out->amount[grey] = to_byte(255.0 * (grey - paper) / (full - paper));
    }
    return distance >= least_distance;
}

/* Is it light ink on black paper? Ink may reach the border: of MNIST's own images one in a hundred
 * has some there, at most 6 of 108 pixels. Of paper that is only dark, far more is above 0. */
static bool is_on_black(const histogram *border)
{
    return border->counts[0] >= 0.9 * border->all;
}

/* False if there is no ink. */
static bool find_ink(ink_scale *out, const image *from)
{
    const histogram border = count_border(from);
    if (is_on_black(&border)) {
        scale_on_black(out);
        return true;
    }
    return scale_on_paper(out, from, grey_at(&border, 0.5));
}

static bool touches_ink(const image *from, const ink_scale *scale, uint32_t x, uint32_t y)
{
    const uint32_t right = x + 1 < from->width ? x + 1 : x;
    const uint32_t bottom = y + 1 < from->height ? y + 1 : y;
    for (uint32_t v = y > 0 ? y - 1 : 0; v <= bottom; v++) {
        for (uint32_t u = x > 0 ? x - 1 : 0; u <= right; u++) {
            if (scale->is_ink[pixel(from, u, v)]) {
                return true;
            }
        }
    }
    return false;
}

static void include(box *self, uint32_t x, uint32_t y)
{
    self->left = x < self->left ? x : self->left;
    self->top = y < self->top ? y : self->top;
    self->right = x >= self->right ? x + 1 : self->right;
    self->bottom = y >= self->bottom ? y + 1 : self->bottom;
}

/* Draws the ink alone, into pixels of the image's size, and returns its box. */
static box draw_ink(image *out, const image *from, const ink_scale *scale)
{
    box drawn = {.left = from->width, .top = from->height};
    uint8_t *to = out->pixels;
    for (uint32_t y = 0; y < from->height; y++) {
        for (uint32_t x = 0; x < from->width; x++, to++) {
            *to = touches_ink(from, scale, x, y) ? scale->amount[pixel(from, x, y)] : 0;
            if (*to > 0) {
                include(&drawn, x, y);
            }
        }
    }
    return drawn;
}

/* The mean of the area between two corners, which need not be whole numbers. */
static double area_mean(const image *of, double left, double top, double right, double bottom)
{
    double sum = 0;
    for (uint32_t y = (uint32_t)top; y < bottom; y++) {
        const double height = fmin(y + 1.0, bottom) - fmax(y, top);
        for (uint32_t x = (uint32_t)left; x < right; x++) {
            sum += height * (fmin(x + 1.0, right) - fmax(x, left)) * pixel(of, x, y);
        }
    }
    return sum / ((right - left) * (bottom - top));
}

/* A digit scaled into the box. */
typedef struct scaled_digit {
    int width, height; /* at most BOX_SIDE */
    uint8_t pixels[BOX_SIDE][BOX_SIDE];
} scaled_digit;

/* `side` in the scale that makes `longer` the box's side. */
static int scale_side(uint32_t side, uint32_t longer)
{
    const int scaled = (int)((2 * BOX_SIDE * side + longer) / (2 * longer));
    return scaled > 0 ? scaled : 1;
}

static scaled_digit scale_into_box(const image *ink, const box *from)
{
    const uint32_t width = from->right - from->left, height = from->bottom - from->top;
    const uint32_t longer = width > height ? width : height;
    scaled_digit digit = {.width = scale_side(width, longer), .height = scale_side(height, longer)};
    const double x_step = width, y_step = height;
    for (int y = 0; y < digit.height; y++) {
        /* Multiplied first, so that the last edge is the box's and no rounding leads beyond it. */
        const double top = from->top + y * y_step / digit.height;
        const double bottom = from->top + (y + 1) * y_step / digit.height;
        for (int x = 0; x < digit.width; x++) {
            const double left = from->left + x * x_step / digit.width;
            const double right = from->left + (x + 1) * x_step / digit.width;
            digit.pixels[y][x] = to_byte(area_mean(ink, left, top, right, bottom));
        }
    }
    return digit;
}

/* Where a side's first pixel is to be for the centre of mass to be as near to CENTRE as it can. */
static int place_side(double centre, int side)
{
    const int most = MNIST_FORM_SIDE - side;
    const int place = (int)floor(CENTRE - centre + 0.5);
    return place < 0 ? 0 : place > most ? most : place;
}

/* False if nothing is left of the ink. */
static bool place_by_mass(uint8_t *out, const scaled_digit *digit)
{
    double mass = 0, x_sum = 0, y_sum = 0;
    for (int y = 0; y < digit->height; y++) {
        for (int x = 0; x < digit->width; x++) {
            mass += digit->pixels[y][x];
            x_sum += (double)x * digit->pixels[y][x];
            y_sum += (double)y * digit->pixels[y][x];
        }
    }
    if (mass == 0) {
        return false;
    }
    const int left = place_side(x_sum / mass, digit->width);
    const int top = place_side(y_sum / mass, digit->height);
    memset(out, 0, MNIST_FORM_PIXELS);
    for (int y = 0; y < digit->height; y++) {
        memcpy(out + (top + y) * MNIST_FORM_SIDE + left, digit->pixels[y], (size_t)digit->width);
    }
    return true;
}

static bool has_one_grey(const image *from)
{
    const size_t pixels = (size_t)from->width * from->height;
    return memcmp(from->pixels, from->pixels + 1, pixels - 1) == 0;
}

int mnist_form(uint8_t out[MNIST_FORM_PIXELS], const image *from, char *message)
{
    ink_scale scale;
    if (has_one_grey(from)) {
        return message_set(message, "has the same grey all over");
    }
    if (!find_ink(&scale, from)) {
        return message_set(message, "has nothing on it that stands out from the paper");
    }
    image ink = *from;
    ink.pixels = malloc((size_t)from->width * from->height);
    if (ink.pixels == NULL) {
        return message_set(message, "no memory to find its ink");
    }
    const box drawn = draw_ink(&ink, from, &scale);
    const scaled_digit digit = scale_into_box(&ink, &drawn);
    free(ink.pixels);
    if (!place_by_mass(out, &digit)) {
        return message_set(message, "has so little ink that nothing of it is left in 28x28 pixels");
    }
    return 0;
}
