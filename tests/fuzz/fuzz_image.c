/* Decodes any bytes as a PNG or PGM file, and brings the image into MNIST's form. The first byte
 * chooses whether the checksums of a PNG's chunks are corrected first: otherwise decoding would
 * stop at nearly every changed chunk. */
#include <string.h>
#include <sys/resource.h>
#include <zlib.h>

#include "fuzz_target.h"
#include "image.h"
#include "message.h"
#include "mnist_form.h"

/* With LIMIT_MEMORY: enough for the largest image and the process itself. */
enum { MEMORY_BYTES = 384 << 20 };

/* Larger images are only decoded: the rest would take too long. */
enum { MOST_PIXELS = 1 << 16 };

static void set_up(void)
{
#ifdef LIMIT_MEMORY
    static bool done;
    const struct rlimit limit = {.rlim_cur = MEMORY_BYTES, .rlim_max = MEMORY_BYTES};
    fuzz_require(done || setrlimit(RLIMIT_DATA, &limit) == 0);
    done = true;
#endif
}

static uint32_t get_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void repair_checksums(uint8_t *png, size_t count)
{
    size_t at = 8;
    while (at < count && count - at >= 12 && get_u32(png + at) <= count - at - 12) {
        const uint32_t length = get_u32(png + at);
        const uint32_t sum = (uint32_t)crc32(0, png + at + 4, length + 4);
        for (unsigned i = 0; i < 4; i++) {
            png[at + 8 + length + i] = (uint8_t)(sum >> (24 - 8 * i));
        }
        at += (size_t)length + 12;
    }
}

static void require_message(const char *message)
{
    fuzz_require(message[0] != '\0' && strchr(message, '\n') == NULL);
#ifdef LIMIT_MEMORY /* libFuzzer limits memory itself, and would put these words into inputs */
    fuzz_require(strstr(message, "no memory") == NULL);
#endif
}

static void require_form(const image *of)
{
    char message[MESSAGE_BYTES] = "";
    uint8_t form[MNIST_FORM_PIXELS];
    if (mnist_form(form, of, message) != 0) {
        require_message(message);
        return;
    }
    unsigned ink = 0;
    for (unsigned i = 0; i < MNIST_FORM_PIXELS; i++) {
        ink += form[i];
    }
    fuzz_require(ink > 0);
}

static void decode(int (*with)(image *, const uint8_t *, size_t, const char *, char *),
                   const uint8_t *bytes, size_t count)
{
    char message[MESSAGE_BYTES] = "";
    image made = {0};
    if (with(&made, bytes, count, "input", message) != 0) {
        require_message(message);
        fuzz_require(made.pixels == NULL);
        return;
    }
    fuzz_require(made.width >= 1 && made.width <= IMAGE_MAX_SIDE);
    fuzz_require(made.height >= 1 && made.height <= IMAGE_MAX_SIDE);
    const size_t pixels = (size_t)made.width * made.height;
    fuzz_require(pixels <= IMAGE_MAX_PIXELS);
    if (pixels <= MOST_PIXELS) {
        require_form(&made);
    }
    image_free(&made);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    set_up();
    if (size == 0) {
        return 0;
    }
    uint8_t *bytes = malloc(size); /* one byte more, because malloc(0) may return NULL */
    fuzz_require(bytes != NULL);
    memcpy(bytes, data + 1, size - 1);
    if (image_is_png(bytes, size - 1)) {
        if ((data[0] & 1) != 0) {
            repair_checksums(bytes, size - 1);
        }
        decode(image_png_decode, bytes, size - 1);
    } else if (image_is_pgm(bytes, size - 1)) {
        decode(image_pgm_decode, bytes, size - 1);
    }
    free(bytes);
    return 0;
}
