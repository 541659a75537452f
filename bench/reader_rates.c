/* Makes event files, and times how fast tblog reads one, for readers.sh:
 *
 *   reader_rates make scalars COUNT DIRECTORY      one scalar an event, of ten tags
 *   reader_rates make histograms COUNT DIRECTORY   of 4,096 buckets, 96 KiB each
 *   reader_rates make images COUNT DIRECTORY       of noise, 512×512 RGB, 770 KiB each
 *   reader_rates read FILE                         both checksums verified, all values decoded
 *
 * `make` prints the file's path, `read` a line "ours: SECONDS s, EVENTS events, BYTES bytes". */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tblog/tblog.h"

enum { TAGS = 10, BUCKETS = 4096, SIDE = 512 };

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static tblog_status add_scalar(tblog_writer *writer, long number)
{
    static const char *const tags[TAGS] = {
        "train/loss",    "train/accuracy", "validation/loss", "validation/accuracy", "rate",
        "gradient/norm", "seconds",        "memory/host",     "memory/device",       "samples"};
    return tblog_add_scalar(writer, tags[number % TAGS], number / TAGS, (double)number);
}

static tblog_status add_histogram(tblog_writer *writer, long number)
{
    static tblog_bucket buckets[BUCKETS];
    for (int i = 0; i < BUCKETS; i++) {
        buckets[i] = (tblog_bucket){i, i + 1, (double)((number + i) % 1000)};
    }
    return tblog_add_histogram_buckets(writer, "weights", number, buckets, BUCKETS);
}

static tblog_status add_image(tblog_writer *writer, long number)
{
    static uint8_t pixels[SIDE * SIDE * 3];
    uint32_t noise = (uint32_t)number;
    for (size_t i = 0; i < sizeof pixels; i++) {
        noise = noise * 1664525u + 1013904223u;
        pixels[i] = (uint8_t)(noise >> 24);
    }
    return tblog_add_image(writer, "noise", number, pixels, SIDE, SIDE, 3);
}

static int make_file(const char *kind, long count, const char *directory)
{
    tblog_status (*add)(tblog_writer *, long) = strcmp(kind, "scalars") == 0      ? add_scalar
                                                : strcmp(kind, "histograms") == 0 ? add_histogram
                                                : strcmp(kind, "images") == 0     ? add_image
                                                                                  : NULL;
    tblog_writer *writer;
    if (add == NULL || tblog_writer_open(&writer, directory, NULL) != TBLOG_OK) {
        return 1;
    }
    tblog_status status = TBLOG_OK;
    for (long i = 0; i < count && status == TBLOG_OK; i++) {
        status = add(writer, i);
    }
    printf("%s\n", tblog_writer_path(writer));
    const tblog_status closed = tblog_writer_close(writer);
    return status == TBLOG_OK && closed == TBLOG_OK ? 0 : 1;
}

static int time_reading(const char *path)
{
    const double start = seconds_now();
    tblog_reader *reader;
    if (tblog_reader_open(&reader, path) != TBLOG_OK) {
        return 1;
    }
    const tblog_event *event;
    tblog_status status;
    uint64_t events = 0;
    double sum = 0.0; /* what is read is used */
    while ((status = tblog_reader_next(reader, &event)) == TBLOG_OK) {
        events++;
        for (size_t i = 0; i < event->value_count; i++) {
            const tblog_value *value = event->values[i];
            sum += value->scalar + (value->number_count > 0 ? value->numbers[0] : 0.0) +
                   (value->string_count > 0 ? (double)value->strings[0].data[0] : 0.0);
        }
    }
    const uint64_t bytes = tblog_reader_offset(reader);
    tblog_reader_close(reader);
    printf("ours: %.6f s, %llu events, %llu bytes, sum %g\n", seconds_now() - start,
           (unsigned long long)events, (unsigned long long)bytes, sum);
    return status == TBLOG_END ? 0 : 1;
}

int main(int argc, char **argv)
{
    int failed = 2;
    if (argc == 5 && strcmp(argv[1], "make") == 0) {
        failed = make_file(argv[2], strtol(argv[3], NULL, 10), argv[4]);
    } else if (argc == 3 && strcmp(argv[1], "read") == 0) {
        failed = time_reading(argv[2]);
    } else {
        fprintf(stderr, "Usage: reader_rates make scalars|histograms|images COUNT DIRECTORY\n"
                        "       reader_rates read FILE\n");
    }
    if (failed == 1) {
        fprintf(stderr, "reader_rates: %s %s failed\n", argv[1], argv[2]);
    }
    return failed;
}
