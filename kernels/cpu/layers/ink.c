#include "ink.h"

enum { FIELD = LENET_IMAGE_SIDE - LENET_CONV2_SIDE + 1 };

void cpu_ink_find(const uint8_t *image, cpu_ink *out)
{
    uint32_t rows[LENET_IMAGE_SIDE];
    for (int y = 0; y < LENET_IMAGE_SIDE; y++) {
        rows[y] = 0;
        for (int x = 0; x < LENET_IMAGE_SIDE; x++) {
            rows[y] |= (uint32_t)(image[y * LENET_IMAGE_SIDE + x] != 0) << x;
        }
    }
    for (int y = 0; y < LENET_CONV2_SIDE; y++) {
        uint32_t columns = 0;
        uint32_t seen = 0;
        for (int i = 0; i < FIELD; i++) {
            columns |= rows[y + i];
        }
        for (int i = 0; i < FIELD; i++) {
            seen |= columns >> i;
        }
        out->row[y] = seen & ((UINT32_C(1) << LENET_CONV2_SIDE) - 1);
    }
}
