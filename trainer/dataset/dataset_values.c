/* Converts a file's numbers to bytes: pixels of 0 to 255 in C order, and labels. Values that a byte
 * cannot represent exactly are refused, not rounded: a data set that was scaled or normalized
 * differently is another experiment. */
#include "dataset_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIXEL_MAX = 255 };

typedef struct integer {
    bool negative;
    uint64_t magnitude;
} integer;

static size_t count_values(const dataset_layout *layout)
{
    return (size_t)layout->count * (layout->kind == DATASET_IMAGES ? DATASET_PIXELS : 1);
}

static uint64_t load_bits(const dataset_layout *layout, const uint8_t *values, size_t i)
{
    const uint8_t *value = values + i * layout->item_bytes;
    uint64_t bits = 0;
    for (size_t k = 0; k < layout->item_bytes; k++) {
        bits = bits << 8 | value[layout->big_endian ? k : layout->item_bytes - 1 - k];
    }
    return bits;
}

static integer load_integer(const dataset_layout *layout, const uint8_t *values, size_t i)
{
    const uint64_t bits = load_bits(layout, values, i);
    const uint64_t sign = (uint64_t)1 << (8 * layout->item_bytes - 1);
    const bool negative = layout->number == DATASET_SIGNED && (bits & sign) != 0;
    return (integer){.negative = negative,
                     .magnitude = negative ? sign - (bits & (sign - 1)) : bits};
}

static double load_float(const dataset_layout *layout, const uint8_t *values, size_t i)
{
    const uint64_t bits = load_bits(layout, values, i);
    if (layout->item_bytes == sizeof(float)) {
        const uint32_t narrow_bits = (uint32_t)bits;
        float value;
        memcpy(&value, &narrow_bits, sizeof value);
        return (double)value;
    }
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* The place in C order of the i-th value of the file. */
static size_t place_of(const dataset_layout *layout, size_t i)
{
    if (layout->order == DATASET_C_ORDER) {
        return i;
    }
    const size_t image = i % (size_t)layout->count;
    const size_t pixel = i / (size_t)layout->count;
    const size_t place = layout->order == DATASET_FORTRAN_FLAT
                             ? pixel
                             : pixel % DATASET_SIDE * DATASET_SIDE + pixel / DATASET_SIDE;
    return image * DATASET_PIXELS + place;
}

/* Writes the message about the i-th value of images, printed in `text`. Returns -1. */
static int refuse_pixel(dataset_source *source, const dataset_layout *layout, size_t i,
                        const char *text, const char *wanted)
{
    const size_t place = place_of(layout, i);
    const size_t pixel = place % DATASET_PIXELS;
    return dataset_fail(source->message, source->name,
                        "value %s at image %zu, row %zu, column %zu: %s", text,
                        place / DATASET_PIXELS, pixel / DATASET_SIDE, pixel % DATASET_SIDE, wanted);
}

/* Writes the message about the label at an index. Those before it are bytes already. Returns -1. */
static int refuse_label(dataset_source *source, const dataset_layout *layout, const uint8_t *bytes,
                        size_t at)
{
    uint64_t least = UINT64_MAX, most = 0;
    bool negative = false;
    for (size_t i = 0; i < layout->count; i++) {
        const integer label =
            i < at ? (integer){.magnitude = bytes[i]} : load_integer(layout, bytes, i);
        negative = negative || label.negative;
        least = label.magnitude < least ? label.magnitude : least;
        most = label.magnitude > most ? label.magnitude : most;
    }
    if (!negative && least >= 1 && most == DATASET_CLASSES) {
        return dataset_fail(source->message, source->name,
                            "its labels run from %" PRIu64 " to %" PRIu64
                            ": they must begin at 0 (subtract 1)",
                            least, most);
    }
    char range[64] = "";
    if (!negative) {
        snprintf(range, sizeof range, " (they run from %" PRIu64 " to %" PRIu64 ")", least, most);
    }
    const integer label = load_integer(layout, bytes, at);
    return dataset_fail(source->message, source->name,
                        "label %s%" PRIu64 " at index %zu is not one of 0 to %d%s",
                        label.negative ? "-" : "", label.magnitude, at, DATASET_CLASSES - 1, range);
}

static int narrow_integers(dataset_source *source, const dataset_layout *layout, uint8_t *bytes)
{
    const bool images = layout->kind == DATASET_IMAGES;
    const uint64_t most = images ? PIXEL_MAX : DATASET_CLASSES - 1;
    const size_t count = count_values(layout);
    for (size_t i = 0; i < count; i++) {
        const integer value = load_integer(layout, bytes, i);
        if (!value.negative && value.magnitude <= most) {
            bytes[i] = (uint8_t)value.magnitude;
            continue;
        }
        if (!images) {
            return refuse_label(source, layout, bytes, i);
        }
        char text[32];
        snprintf(text, sizeof text, "%s%" PRIu64, value.negative ? "-" : "", value.magnitude);
        return refuse_pixel(source, layout, i, text, "pixels must be from 0 to 255");
    }
    return 0;
}

/* The k of 0 to 255 that the value is, or -1. */
static int whole_pixel(double value)
{
    if (!(value >= 0 && value <= PIXEL_MAX)) {
        return -1;
    }
    const int k = (int)value;
    return value == (double)k ? k : -1;
}

/* The k for which the value is k/255 as a division of floats or doubles gives it, or -1. */
static int scaled_pixel(double value)
{
    if (!(value >= 0 && value <= 1)) {
        return -1;
    }
    const int k = (int)(value * PIXEL_MAX + 0.5);
    const double of_doubles = (double)k / PIXEL_MAX;
    const float of_floats = (float)k / (float)PIXEL_MAX;
    return value == of_doubles || value == (double)of_floats ? k : -1;
}

typedef int pixel_of(double value);

/* The index of the first value that is no pixel of this kind; the count if there is none. */
static size_t first_other(const dataset_layout *layout, const uint8_t *values, pixel_of *pixel)
{
    const size_t count = count_values(layout);
    size_t i = 0;
    while (i < count && pixel(load_float(layout, values, i)) >= 0) {
        i++;
    }
    return i;
}

/* One scale for all: 1 is white if all values are k/255, and otherwise nearly black. */
static int narrow_floats(dataset_source *source, const dataset_layout *layout, uint8_t *bytes)
{
    const size_t count = count_values(layout);
    const size_t not_scaled = first_other(layout, bytes, scaled_pixel);
    const size_t not_whole = not_scaled == count ? 0 : first_other(layout, bytes, whole_pixel);
    if (not_scaled < count && not_whole < count) {
        const size_t at = not_scaled > not_whole ? not_scaled : not_whole;
        char text[40];
        snprintf(text, sizeof text, "%.*g", layout->item_bytes == sizeof(float) ? 9 : 17,
                 load_float(layout, bytes, at));
        return refuse_pixel(source, layout, at, text,
                            "floats must all be whole numbers from 0 to 255, or all k/255 exactly; "
                            "save the pixels as uint8");
    }
    pixel_of *pixel = not_scaled == count ? scaled_pixel : whole_pixel;
    for (size_t i = 0; i < count; i++) {
        bytes[i] = (uint8_t)pixel(load_float(layout, bytes, i));
    }
    return 0;
}

int dataset_values_narrow(dataset_source *source, const dataset_layout *layout, uint8_t *bytes)
{
    if (layout->kind == DATASET_IMAGES && layout->number == DATASET_UNSIGNED &&
        layout->item_bytes == 1) {
        return 0; /* they are pixels already */
    }
    return layout->number == DATASET_FLOAT ? narrow_floats(source, layout, bytes)
                                           : narrow_integers(source, layout, bytes);
}

uint8_t *dataset_values_reorder(dataset_source *source, const dataset_layout *layout,
                                const uint8_t *bytes)
{
    const size_t count = count_values(layout);
    uint8_t *ordered = malloc(count);
    if (ordered == NULL) {
        dataset_fail(source->message, source->name, "no memory for %zu bytes", count);
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        ordered[place_of(layout, i)] = bytes[i];
    }
    return ordered;
}
