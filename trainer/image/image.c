#include "image.h"

#include <inttypes.h>
#include <stdlib.h>

#include "message.h"

int image_make(image *out, uint64_t width, uint64_t height, const char *name, char *message)
{
    if (width == 0 || height == 0) {
        return message_set(message, "%s: is an image without pixels", name);
    }
    if (width > IMAGE_MAX_SIDE || height > IMAGE_MAX_SIDE || width * height > IMAGE_MAX_PIXELS) {
        return message_set(message,
                           "%s: has %" PRIu64 "x%" PRIu64
                           " pixels; at most %d a side and %d in all are taken",
                           name, width, height, IMAGE_MAX_SIDE, IMAGE_MAX_PIXELS);
    }
    uint8_t *pixels = malloc((size_t)(width * height));
    if (pixels == NULL) {
        return message_set(message, "%s: no memory for %" PRIu64 "x%" PRIu64 " pixels", name, width,
                           height);
    }
    *out = (image){.pixels = pixels, .width = (uint32_t)width, .height = (uint32_t)height};
    return 0;
}

void image_free(image *self)
{
    free(self->pixels);
    *self = (image){0};
}
