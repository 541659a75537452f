#include "sample_data.h"

#include <stdlib.h>

engine_data sample_data(uint32_t count, uint32_t seed)
{
    uint8_t *images = calloc(count, LENET_IMAGE_PIXELS);
    uint8_t *labels = calloc(count, 1);
    uint32_t state = seed * 2654435761u + 1;
    for (uint32_t i = 0; i < count; i++) {
        labels[i] = (uint8_t)(i * 7 % LENET_CLASSES);
        uint8_t *image = images + (size_t)i * LENET_IMAGE_PIXELS;
        for (int y = 6; y < 22; y++) {
            for (int x = 6; x < 22; x++) {
                state = state * 1664525u + 1013904223u;
                const int on = (y * (labels[i] + 1) + x * (10 - labels[i])) % 11 < 4;
                image[y * LENET_IMAGE_SIDE + x] = (uint8_t)(on ? 128 + (state >> 25) : 0);
            }
        }
    }
    return (engine_data){images, labels, count};
}

void sample_data_free(engine_data *data)
{
    free((void *)(uintptr_t)data->images);
    free((void *)(uintptr_t)data->labels);
}
