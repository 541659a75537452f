#include "synthetic_digits.h"

#include <stdbool.h>
#include <stddef.h>

#include "lenet.h"
#include "philox.h"

enum { GLYPH_ROWS = 18, GLYPH_COLUMNS = 10, GLYPH_MIDDLE = 8 };

/* Is the pixel of the glyph on a segment of `lit`? Bits from the lowest: top, upper right, lower
 * right, bottom, lower left, upper left, middle. */
static bool on_segment(unsigned lit, int row, int column, int thickness)
{
    const bool upper = row < GLYPH_ROWS / 2;
    const bool left = column < thickness;
    const bool right = column >= GLYPH_COLUMNS - thickness;
    const bool segments[7] = {
        row < thickness,
        right && upper,
        right && !upper,
        row >= GLYPH_ROWS - thickness,
        left && !upper,
        left && upper,
        row >= GLYPH_MIDDLE && row < GLYPH_MIDDLE + thickness,
    };
    bool on = false;
    for (int s = 0; s < 7; s++) {
        on = on || (segments[s] && (lit >> s & 1u) != 0);
    }
    return on;
}

static uint8_t draw_digit(uint8_t *image, uint64_t seed, uint32_t i)
{
    static const unsigned segments_of[10] = {0x3F, 0x06, 0x5B, 0x4F, 0x66,
                                             0x6D, 0x7D, 0x07, 0x7F, 0x6F};
    const philox_purpose purpose = (philox_purpose)SYNTHETIC_DIGITS_PURPOSE;
    const philox_block shape = philox(seed, purpose, i, 0);
    const uint8_t label = (uint8_t)(shape.word[0] % 10);
    const int top = 3 + (int)(shape.word[1] % 5);
    const int left = 5 + (int)(shape.word[2] % 7);
    const int thickness = 2 + (int)(shape.word[3] % 2);
    for (int p = 0; p < LENET_IMAGE_PIXELS; p++) {
        const int row = p / LENET_IMAGE_SIDE - top;
        const int column = p % LENET_IMAGE_SIDE - left;
        const philox_block block = philox(seed, purpose, i, 1 + (uint32_t)p / 16);
        const uint8_t noise = philox_byte(block, (unsigned)p % 16);
        const bool inside = row >= 0 && row < GLYPH_ROWS && column >= 0 && column < GLYPH_COLUMNS;
        const bool lit =
            inside && noise >= 32 && on_segment(segments_of[label], row, column, thickness);
        image[p] = lit ? (uint8_t)(128 + noise / 2) : 0;
    }
    return label;
}

void synthetic_digits(uint8_t *images, uint8_t *labels, uint64_t seed, uint32_t first,
                      uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        labels[i] = draw_digit(images + (size_t)i * LENET_IMAGE_PIXELS, seed, first + i);
    }
}
