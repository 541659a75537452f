#include "ink.h"

/* near[y] = the places of a 3x3 window of `from`, from row y and column x on, that hold a bit. */
static void spread(const uint32_t *from, int rows, uint32_t *near)
{
    for (int y = 0; y < rows; y++) {
        const uint32_t column = from[y] | from[y + 1] | from[y + 2];
        near[y] = column | column >> 1 | column >> 2;
    }
}

void cpu_ink_find(const uint8_t *image, cpu_ink *out)
{
    uint32_t rows[LENET_IMAGE_SIDE];
    for (int y = 0; y < LENET_IMAGE_SIDE; y++) {
        rows[y] = 0;
        for (int x = 0; x < LENET_IMAGE_SIDE; x++) {
            rows[y] |= (uint32_t)(image[y * LENET_IMAGE_SIDE + x] != 0) << x;
        }
    }
    spread(rows, LENET_CONV1_SIDE, out->conv1);
    spread(out->conv1, LENET_CONV2_SIDE, out->conv2);
    /* Windows that would reach over the right edge are none. */
    for (int y = 0; y < LENET_CONV1_SIDE; y++) {
        out->conv1[y] &= (UINT32_C(1) << LENET_CONV1_SIDE) - 1;
    }
    for (int y = 0; y < LENET_CONV2_SIDE; y++) {
        out->conv2[y] &= (UINT32_C(1) << LENET_CONV2_SIDE) - 1;
    }
}
