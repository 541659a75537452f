/* Images: a list of strings, the first image's width and height in decimal and then the PNGs. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "png.h"
#include "refusal.h"
#include "tensor_event.h"

enum { SIZE_STRINGS = 2, IMAGES_MAX = 1 << 20 };

static bool is_sound_count(const void *images, size_t count)
{
    return admit(images != NULL && count > 0, "no images") &&
           admit(count <= IMAGES_MAX, "%zu images are too many for one event", count);
}

tblog_status tblog_add_pngs(tblog_writer *writer, const char *tag, int64_t step,
                            const tblog_png *pngs, size_t count)
{
    refusal_begin(writer);
    if (!is_sound_count(pngs, count)) {
        return TBLOG_INVALID;
    }
    uint32_t width = 0;
    uint32_t height = 0;
    for (size_t i = count; i-- > 0;) {
        if (!admit(pngs[i].bytes != NULL &&
                       png_read_size(pngs[i].bytes, pngs[i].byte_count, &width, &height),
                   "image %zu is not a PNG", i)) {
            return TBLOG_INVALID;
        }
    }
    char sizes[SIZE_STRINGS][12];
    snprintf(sizes[0], sizeof sizes[0], "%" PRIu32, width);
    snprintf(sizes[1], sizeof sizes[1], "%" PRIu32, height);
    event_bytes *strings = malloc((SIZE_STRINGS + count) * sizeof *strings);
    if (strings == NULL) {
        return TBLOG_NO_MEMORY;
    }
    for (size_t i = 0; i < SIZE_STRINGS; i++) {
        strings[i] = (event_bytes){.data = sizes[i], .count = strlen(sizes[i])};
    }
    for (size_t i = 0; i < count; i++) {
        strings[SIZE_STRINGS + i] =
            (event_bytes){.data = pngs[i].bytes, .count = pngs[i].byte_count};
    }
    event_tensor tensor = {.tag = tag,
                           .plugin = TAG_PLUGIN_IMAGES,
                           .type = EVENT_STRING,
                           .dims = {(int64_t)(SIZE_STRINGS + count)},
                           .rank = 1,
                           .strings = strings,
                           .string_count = SIZE_STRINGS + count};
    const tblog_status status = tensor_event_add(writer, step, &tensor, 1);
    free(strings);
    return status;
}

/* Makes a PNG of each image; `ends[i]` is where the i-th ends in `out`. */
static bool encode_images(byte_buffer *out, size_t *ends, png_image image, size_t count)
{
    const size_t image_bytes = (size_t)image.width * image.height * image.channels;
    for (size_t i = 0; i < count; i++, image.pixels += image_bytes) {
        if (!png_encode(out, &image)) {
            return false;
        }
        ends[i] = out->size;
    }
    return true;
}

tblog_status tblog_add_images(tblog_writer *writer, const char *tag, int64_t step,
                              const uint8_t *pixels, size_t count, uint32_t width, uint32_t height,
                              unsigned channels)
{
    refusal_begin(writer);
    if (!is_sound_count(pixels, count) ||
        !admit(width > 0 && width <= PNG_SIDE_MAX && height > 0 && height <= PNG_SIDE_MAX,
               "image size %" PRIu32 "x%" PRIu32 " is not in 1..%d", width, height, PNG_SIDE_MAX) ||
        !admit(channels > 0 && channels <= 4, "channel count %u is not in 1..4", channels)) {
        return TBLOG_INVALID;
    }
    size_t *ends = malloc(count * sizeof *ends);
    tblog_png *pngs = malloc(count * sizeof *pngs);
    byte_buffer bytes = {0};
    const png_image first = {
        .pixels = pixels, .width = width, .height = height, .channels = channels};
    tblog_status status = TBLOG_NO_MEMORY;
    if (ends != NULL && pngs != NULL && encode_images(&bytes, ends, first, count)) {
        for (size_t i = 0; i < count; i++) {
            const size_t begin = i == 0 ? 0 : ends[i - 1];
            pngs[i] = (tblog_png){.bytes = bytes.data + begin, .byte_count = ends[i] - begin};
        }
        status = tblog_add_pngs(writer, tag, step, pngs, count);
    }
    byte_buffer_free(&bytes);
    free(pngs);
    free(ends);
    return status;
}

tblog_status tblog_add_image(tblog_writer *writer, const char *tag, int64_t step,
                             const uint8_t *pixels, uint32_t width, uint32_t height,
                             unsigned channels)
{
    refusal_begin(writer);
    return tblog_add_images(writer, tag, step, pixels, 1, width, height, channels);
}
