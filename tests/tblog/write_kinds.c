/* Writes a run with every kind of value for stock_kinds.py, which says what it expects:
 * write_kinds DIRECTORY. */
#include <math.h>
#include <stdio.h>

#include "tblog/tblog.h"

static tblog_status write_text(tblog_writer *writer)
{
    static const char *const cells[] = {"name", "*value*", "rate", "0.001", "\xc3\xa9", ""};
    tblog_status status = tblog_add_text(writer, "note", 1, "# Title\n\n*\xc3\xa9t\xc3\xa9*");
    if (status == TBLOG_OK)
        status = tblog_add_text(writer, "note", 2, "");
    if (status == TBLOG_OK)
        status = tblog_add_text_table(writer, "table", 1, cells, 3, 2);
    return status;
}

static tblog_status write_histograms(tblog_writer *writer)
{
    static const tblog_bucket buckets[] = {{-1.0, 0.0, 3.0}, {0.0, 1.0, 0.5}, {1.0, 4.0, 2.0}};
    float values[1000];
    size_t non_finite = 0;
    for (int i = 0; i < 1000; i++)
        values[i] = i % 100 == 0 ? NAN : (float)(i % 31) * 0.25f - 3.0f;
    tblog_status status = tblog_add_histogram(writer, "weights", 0, values, 1000, &non_finite);
    if (status == TBLOG_OK && non_finite != 10)
        status = TBLOG_INVALID;
    if (status == TBLOG_OK)
        status = tblog_add_histogram(writer, "weights", 1, values + 1, 1, NULL);
    if (status == TBLOG_OK)
        status = tblog_add_histogram(writer, "weights", 2, NULL, 0, NULL);
    if (status == TBLOG_OK)
        status = tblog_add_histogram_buckets(writer, "buckets", 0, buckets, 3);
    return status;
}

/* Two images of 5 by 3 pixels with each number of channels. */
static tblog_status write_images(tblog_writer *writer)
{
    static const char *const tags[] = {"grey", "grey_alpha", "rgb", "rgba"};
    uint8_t pixels[2 * 3 * 5 * 4];
    for (size_t i = 0; i < sizeof pixels; i++)
        pixels[i] = (uint8_t)(i * i * 37 + i);
    tblog_status status = TBLOG_OK;
    for (unsigned channels = 1; channels <= 4 && status == TBLOG_OK; channels++)
        status = tblog_add_images(writer, tags[channels - 1], 4, pixels, 2, 5, 3, channels);
    for (int64_t step = 5; step < 7 && status == TBLOG_OK; step++)
        status = tblog_add_image(writer, "rgb", step, pixels + step, 3, 5, 3);
    return status;
}

int main(int argc, char **argv)
{
    static tblog_status (*const kinds[])(tblog_writer *) = {write_text, write_histograms,
                                                            write_images};
    tblog_writer *writer;
    if (argc != 2 || tblog_writer_open(&writer, argv[1], NULL) != TBLOG_OK) {
        fprintf(stderr, "write_kinds: no run could be made\n");
        return 1;
    }
    size_t failed = 0;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        tblog_status status = kinds[i](writer);
        if (status != TBLOG_OK) {
            fprintf(stderr, "write_kinds: kind %zu: %s\n", i, tblog_status_string(status));
            failed++;
        }
    }
    return tblog_writer_close(writer) == TBLOG_OK && failed == 0 ? 0 : 1;
}
