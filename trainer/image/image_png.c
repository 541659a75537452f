/* PNG by libpng's low-level interface: its simplified one gives wrong pixels for interlaced images
 * of 16 bits.
 *
 * libpng ends a failed call by longjmp, after which changed local variables of the function with
 * setjmp are undefined. So everything that changes while it reads is in png_job, which the caller
 * of that function owns. */
#include "image.h"

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"

enum {
    SIGNATURE_BYTES = 8,
    RGBA = 4,                 /* bytes of a pixel as libpng hands it out */
    CHUNK_MAX_BYTES = 8 << 20 /* of a chunk other than image data; those that are read are small */
};

typedef struct png_job {
    const uint8_t *bytes; /* of the file, not read yet */
    size_t count;
    const char *name;
    char *message;
    png_structp png;
    png_infop info;
    uint8_t *rows; /* RGBA: all rows of an interlaced image, which comes in passes, else one */
    image made;
} png_job;

bool image_is_png(const uint8_t *bytes, size_t count)
{
    return count >= SIGNATURE_BYTES && png_sig_cmp(bytes, 0, SIGNATURE_BYTES) == 0;
}

static void end_on_error(png_structp png, png_const_charp text)
{
    const png_job *job = png_get_error_ptr(png);
    message_set(job->message, "%s: is not a valid PNG: %s", job->name, text);
    png_longjmp(png, 1);
}

static void ignore_warning(png_structp png, png_const_charp text)
{
    (void)png;
    (void)text;
}

static void read_bytes(png_structp png, png_bytep to, size_t count)
{
    png_job *job = png_get_io_ptr(png);
    if (count > job->count) {
        png_error(png, "the file ends too early");
    }
    memcpy(to, job->bytes, count);
    job->bytes += count;
    job->count -= count;
}

/* For every kind of PNG, rows are red, green, blue and opacity of 8 bits each. */
static void ask_for_rgba(png_structp png)
{
    png_set_expand(png); /* palettes, fewer than 8 bits, transparent colours */
    png_set_scale_16(png);
    png_set_gray_to_rgb(png);
    png_set_add_alpha(png, 255, PNG_FILLER_AFTER);
}

/* Reads the header. libpng's limit of the sides is off, since its message is only "Invalid IHDR
 * data". image_make checks the sides with a better message, before anything of that size is
 * allocated. */
static int begin(png_job *job)
{
    png_set_read_fn(job->png, job, read_bytes);
    png_set_user_limits(job->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_chunk_malloc_max(job->png, CHUNK_MAX_BYTES);
    png_set_crc_action(job->png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
    /* Texts, profiles and similar chunks are skipped, so that less code sees untrusted bytes. */
    png_set_keep_unknown_chunks(job->png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_read_info(job->png, job->info);
    return image_make(&job->made, png_get_image_width(job->png, job->info),
                      png_get_image_height(job->png, job->info), job->name, job->message);
}

static unsigned divide_rounded(unsigned value, unsigned by)
{
    return (value + by / 2) / by;
}

static void make_grey(uint8_t *grey, const uint8_t *rgba, uint32_t width)
{
    for (uint32_t x = 0; x < width; x++, rgba += RGBA) {
        const unsigned luma =
            divide_rounded(19595u * rgba[0] + 38470u * rgba[1] + 7471u * rgba[2], 65536);
        const unsigned opacity = rgba[3];
        grey[x] = (uint8_t)divide_rounded(luma * opacity + 255 * (255 - opacity), 255);
    }
}

static int read_rows(png_job *job)
{
    const uint32_t width = job->made.width;
    const uint32_t height = job->made.height;
    ask_for_rgba(job->png);
    const int passes = png_set_interlace_handling(job->png);
    png_read_update_info(job->png, job->info);
    const size_t row_bytes = (size_t)width * RGBA;
    const bool all = passes > 1;
    job->rows = malloc(all ? row_bytes * height : row_bytes);
    if (job->rows == NULL) {
        return message_set(job->message, "%s: no memory for its rows", job->name);
    }
    for (int pass = 0; pass < passes; pass++) {
        for (uint32_t y = 0; y < height; y++) {
            uint8_t *row = job->rows + (all ? y * row_bytes : 0);
            png_read_row(job->png, row, NULL);
            if (pass == passes - 1) {
                make_grey(job->made.pixels + (size_t)y * width, row, width);
            }
        }
    }
    png_read_end(job->png, NULL);
    return 0;
}

static int read_png(png_job *job)
{
    if (setjmp(png_jmpbuf(job->png)) != 0) {
        return -1;
    }
    return begin(job) != 0 ? -1 : read_rows(job);
}

int image_png_decode(image *out, const uint8_t *bytes, size_t count, const char *name,
                     char *message)
{
    png_job job = {.bytes = bytes, .count = count, .name = name, .message = message};
    job.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &job, end_on_error, ignore_warning);
    if (job.png != NULL) {
        job.info = png_create_info_struct(job.png);
    }
    const int status =
        job.info != NULL ? read_png(&job) : message_set(message, "%s: no memory to read it", name);
    png_destroy_read_struct(&job.png, &job.info, NULL);
    free(job.rows);
    if (status != 0) {
        image_free(&job.made);
        return -1;
    }
    *out = job.made;
    return 0;
}
