#include "mnist_form.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "message.h"
#include "paper_ink.h"

enum { BOX_SIDE = 20, CENTRE = 14 };

/* A rectangle of pixels; right and bottom are the first beyond it. */
typedef struct box {
    uint32_t left, top, right, bottom;
} box;

static uint8_t pixel(const image *from, uint32_t x, uint32_t y)
{
    return from->pixels[(size_t)y * from->width + x];
}

static void include(box *self, uint32_t x, uint32_t y)
{
    self->left = x < self->left ? x : self->left;
    self->top = y < self->top ? y : self->top;
    self->right = x >= self->right ? x + 1 : self->right;
    self->bottom = y >= self->bottom ? y + 1 : self->bottom;
}

/* The smallest box around all ink. The image must have some. */
static box box_of(const image *ink)
{
    box all = {.left = ink->width, .top = ink->height};
    for (uint32_t y = 0; y < ink->height; y++) {
        for (uint32_t x = 0; x < ink->width; x++) {
            if (pixel(ink, x, y) > 0) {
                include(&all, x, y);
            }
        }
    }
    return all;
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
    const int scaled = (int)lround((double)BOX_SIDE * side / longer);
    return scaled > 0 ? scaled : 1;
}

static scaled_digit scale_into_box(const image *ink, const box *from)
{
    const uint32_t width = from->right - from->left, height = from->bottom - from->top;
    const uint32_t longer = width > height ? width : height;
    scaled_digit digit = {.width = scale_side(width, longer), .height = scale_side(height, longer)};
    const double x_step = width, y_step = height;
    for (int y = 0; y < digit.height; y++) {
        /* Multiplies first, so that the last edge is exactly the box's. */
        const double top = from->top + y * y_step / digit.height;
        const double bottom = from->top + (y + 1) * y_step / digit.height;
        for (int x = 0; x < digit.width; x++) {
            const double left = from->left + x * x_step / digit.width;
            const double right = from->left + (x + 1) * x_step / digit.width;
            digit.pixels[y][x] = (uint8_t)lround(area_mean(ink, left, top, right, bottom));
        }
    }
    return digit;
}

/* The position of a side's first pixel that puts the centre of mass nearest to CENTRE. */
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

int mnist_form(uint8_t out[MNIST_FORM_PIXELS], const image *from, char *message)
{
    image ink;
    if (paper_ink_draw(&ink, from, message) != 0) {
        return -1;
    }
    const box drawn = box_of(&ink);
    const scaled_digit digit = scale_into_box(&ink, &drawn);
    image_free(&ink);
    if (!place_by_mass(out, &digit)) {
        return message_set(message, "has so little ink that nothing of it is left in 28x28 pixels");
    }
    return 0;
}
