#include "paper_ink.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"

/* How far apart the means of ink and paper must be. least_contrast is in standard deviations within
 * the two: pure noise, split at its middle, has 2.7, and a uniform range of greys 3.5. least_greys
 * is in greys: rounding and compression cause small differences. */
static const double least_contrast = 4;
static const double least_greys = 8;

/* The paper's grey: in the middle of the picture, and its change from pixel to pixel. */
typedef struct plane {
    double middle, x_slope, y_slope;
} plane;

/* How many pixels have each distance from the paper's grey, rounded; those beyond a byte's range,
 * to which a slope can lead, count as its ends. */
enum { MOST_DISTANCE = 255, DISTANCES = 2 * MOST_DISTANCE + 1 };

typedef struct histogram {
    uint32_t counts[DISTANCES]; /* the first is of -MOST_DISTANCE */
    uint32_t all;
} histogram;

/* Limits the value to least .. most. */
static double limit(double value, double least, double most)
{
    return fmin(fmax(value, least), most);
}

static int round_distance(double distance)
{
    return (int)lround(limit(distance, -MOST_DISTANCE, MOST_DISTANCE));
}

static void count(histogram *self, double distance)
{
    self->counts[round_distance(distance) + MOST_DISTANCE]++;
    self->all++;
}

/* The smallest distance that this part of the pixels does not exceed. */
static int distance_at(const histogram *of, double part)
{
    int at = 0;
    uint64_t counted = of->counts[0];
    while ((double)counted < part * of->all && at < DISTANCES - 1) {
        counted += of->counts[++at];
    }
    return at - MOST_DISTANCE;
}

static uint8_t pixel(const image *from, uint32_t x, uint32_t y)
{
    return from->pixels[(size_t)y * from->width + x];
}

/* Sums over the border; x and y are counted from the picture's middle. */
typedef struct border_sums {
    double pixels, black, grey, x_grey, y_grey, x_square, y_square;
} border_sums;

static double from_middle(uint32_t at, uint32_t side)
{
    return at - (side - 1) / 2.0;
}

static void add_border_pixel(border_sums *sums, const image *from, uint32_t x, uint32_t y)
{
    const double u = from_middle(x, from->width);
    const double v = from_middle(y, from->height);
    const double grey = pixel(from, x, y);
    sums->pixels++;
    sums->black += grey == 0;
    sums->grey += grey;
    sums->x_grey += u * grey;
    sums->y_grey += v * grey;
    sums->x_square += u * u;
    sums->y_square += v * v;
}

/* The corners count twice. */
static border_sums sum_border(const image *from)
{
    border_sums sums = {0};
    for (uint32_t x = 0; x < from->width; x++) {
        add_border_pixel(&sums, from, x, 0);
        add_border_pixel(&sums, from, x, from->height - 1);
    }
    for (uint32_t y = 0; y < from->height; y++) {
        add_border_pixel(&sums, from, 0, y);
        add_border_pixel(&sums, from, from->width - 1, y);
    }
    return sums;
}

/* Ink may reach the border: one in a hundred of MNIST's images has some there, on at most 6 of 108
 * pixels. If the paper is only dark, far more border pixels are above 0. */
static bool is_on_black(const border_sums *border)
{
    return border->black >= 0.9 * border->pixels;
}

/* Least squares. With coordinates from the middle the border is symmetric, so the sums of x, y and
 * xy are 0 and each coefficient can be computed separately. */
static plane fit_paper(const border_sums *border)
{
    return (plane){.middle = border->grey / border->pixels,
                   .x_slope = border->x_square > 0 ? border->x_grey / border->x_square : 0,
                   .y_slope = border->y_square > 0 ? border->y_grey / border->y_square : 0};
}

static double paper_at(const image *from, const plane *paper, uint32_t x, uint32_t y)
{
    return paper->middle + paper->x_slope * from_middle(x, from->width) +
           paper->y_slope * from_middle(y, from->height);
}

/* The sum over a pixel and its neighbours, and how many these are. */
static unsigned sum_around(const image *from, uint32_t x, uint32_t y, unsigned *pixels)
{
    const uint32_t left = x > 0 ? x - 1 : 0, right = x + 1 < from->width ? x + 1 : x;
    const uint32_t top = y > 0 ? y - 1 : 0, bottom = y + 1 < from->height ? y + 1 : y;
    unsigned sum = 0;
    for (uint32_t v = top; v <= bottom; v++) {
        for (uint32_t u = left; u <= right; u++) {
            sum += pixel(from, u, v);
        }
    }
    *pixels = (right - left + 1) * (bottom - top + 1);
    return sum;
}

/* How far a pixel with its neighbours is from the paper. */
static double distance_around(const image *from, const plane *paper, uint32_t x, uint32_t y)
{
    unsigned pixels;
    const double sum = sum_around(from, x, y, &pixels);
    return sum / pixels - paper_at(from, paper, x, y);
}

/* Sums over a class of distances. */
typedef struct moments {
    double pixels, sum, squares;
} moments;

static void add_pixels(moments *self, double pixels, int distance)
{
    self->pixels += pixels;
    self->sum += pixels * distance;
    self->squares += pixels * distance * distance;
}

/* The sum of squared differences from the mean. */
static double spread(const moments *of)
{
    return of->squares - of->sum * of->sum / of->pixels;
}

/* Otsu's threshold: it minimizes the variance within the two classes, the distances up to it and
 * those above it. False if the classes are not clearly apart. */
static bool find_threshold(const histogram *of, int *threshold)
{
    moments below = {0}, above = {0};
    for (int i = 0; i < DISTANCES; i++) {
        add_pixels(&above, of->counts[i], i - MOST_DISTANCE);
    }
    double least = INFINITY, apart = 0;
    for (int i = 0; i < DISTANCES; i++) {
        add_pixels(&below, of->counts[i], i - MOST_DISTANCE);
        add_pixels(&above, -(double)of->counts[i], i - MOST_DISTANCE);
        if (below.pixels == 0 || above.pixels == 0) {
            continue;
        }
        const double within = spread(&below) + spread(&above);
        if (within < least) {
            least = within;
            apart = above.sum / above.pixels - below.sum / below.pixels;
            *threshold = i - MOST_DISTANCE;
        }
    }
    return apart >= least_greys && apart >= least_contrast * sqrt(fmax(least, 0) / of->all);
}

/* Marks the pixels beyond the threshold with 255, and counts their distances. */
static histogram mark_ink(image *marked, const image *from, const plane *paper, int threshold)
{
    histogram ink = {0};
    const bool light_ink = 0 <= threshold;
    uint8_t *mark = marked->pixels;
    for (uint32_t y = 0; y < from->height; y++) {
        for (uint32_t x = 0; x < from->width; x++, mark++) {
            const bool is_above = round_distance(distance_around(from, paper, x, y)) > threshold;
            *mark = is_above == light_ink ? 255 : 0;
            if (*mark != 0) {
                count(&ink, pixel(from, x, y) - paper_at(from, paper, x, y));
            }
        }
    }
    return ink;
}

/* Draws the marked pixels and their neighbours, in greys that are 255 at the distance `full`. */
static void draw_marked(image *out, const image *marked, const image *from, const plane *paper,
                        int full)
{
    uint8_t *to = out->pixels;
    for (uint32_t y = 0; y < from->height; y++) {
        for (uint32_t x = 0; x < from->width; x++, to++) {
            unsigned pixels;
            const double distance = pixel(from, x, y) - paper_at(from, paper, x, y);
            *to = sum_around(marked, x, y, &pixels) > 0
                      ? (uint8_t)lround(limit(255 * distance / full, 0, 255))
                      : 0;
        }
    }
}

/* False if there is no ink. */
static bool draw_from_paper(image *out, image *marked, const image *from, const plane *paper)
{
    histogram all = {0};
    int threshold = 0;
    for (uint32_t y = 0; y < from->height; y++) {
        for (uint32_t x = 0; x < from->width; x++) {
            count(&all, distance_around(from, paper, x, y));
        }
    }
    if (!find_threshold(&all, &threshold)) {
        return false;
    }
    const bool light_ink = 0 <= threshold;
    const histogram ink = mark_ink(marked, from, paper, threshold);
    const int full = distance_at(&ink, light_ink ? 0.9 : 0.1);
    if (light_ink ? full <= 0 : full >= 0) {
        return false; /* most marked pixels are paper around single pixels of ink */
    }
    draw_marked(out, marked, from, paper, full);
    return true;
}

static bool has_one_grey(const image *from)
{
    const size_t pixels = (size_t)from->width * from->height;
    return memcmp(from->pixels, from->pixels + 1, pixels - 1) == 0;
}

/* Like image_make, whose messages name a file. */
static int make_like(image *out, const image *other, char *message)
{
    *out = *other;
    out->pixels = malloc((size_t)other->width * other->height);
    return out->pixels != NULL ? 0 : message_set(message, "no memory to find its ink");
}

int paper_ink_draw(image *out, const image *from, char *message)
{
    const border_sums border = sum_border(from);
    const plane paper = fit_paper(&border);
    image drawn = {0}, marked = {0};
    int status = -1;
    if (has_one_grey(from)) {
        return message_set(message, "has the same grey all over");
    }
    if (make_like(&drawn, from, message) != 0 || make_like(&marked, from, message) != 0) {
        goto cleanup;
    }
    if (is_on_black(&border)) {
        memcpy(drawn.pixels, from->pixels, (size_t)from->width * from->height);
    } else if (!draw_from_paper(&drawn, &marked, from, &paper)) {
        message_set(message, "has nothing on it that stands out from the paper");
        goto cleanup;
    }
    *out = drawn;
    drawn = (image){0};
    status = 0;
cleanup:
    image_free(&marked);
    image_free(&drawn);
    return status;
}
