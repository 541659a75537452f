/* Times how fast scalars are logged, for writers.sh:
 *
 *   writer_rates ours COUNT DIRECTORY     tblog, defaults, one scalar an event, close included
 *   writer_rates plain COUNT DIRECTORY    the least that any writer must do: write() the same
 *                                         records with both checksums, through 64 KiB
 *   writer_rates paced COUNT DIRECTORY    the calling thread's time a call, 100,000 calls a second
 *   writer_rates bursts COUNT DIRECTORY   the same, in bursts of 1,000 every 20 ms
 *
 * The first two print microseconds a scalar and scalars a second. The others time each call with
 * the cycle counter and print percentiles in microseconds. These include the time to read the
 * counter. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#include "crc32c.h"
#include "little_endian.h"
#include "record_format.h"
#include "tblog/tblog.h"

enum { WARM_UP = 200, PLAIN_BUFFER_BYTES = 64 * 1024, BURST = 1000 };

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void print_rate(const char *name, double seconds, long count)
{
    printf("%s: %.4f us/scalar, %.0f scalars/s, file closed\n", name, seconds / (double)count * 1e6,
           (double)count / seconds);
}

static tblog_writer *open_writer(const char *directory)
{
    tblog_writer *writer;
    const tblog_status status = tblog_writer_open(&writer, directory, NULL);
    if (status == TBLOG_OK) {
        return writer;
    }
    fprintf(stderr, "writer_rates: %s: %s: %s\n", directory, tblog_status_string(status),
            status == TBLOG_IO ? strerror(errno) : tblog_writer_message(NULL));
    return NULL;
}

static int time_ours(long count, const char *directory)
{
    tblog_writer *writer = open_writer(directory);
    if (writer == NULL) {
        return 1;
    }
    tblog_status status = TBLOG_OK;
    for (long i = 0; i < WARM_UP && status == TBLOG_OK; i++) {
        status = tblog_add_scalar(writer, "loss", i, 0.5);
    }
    const double start = seconds_now();
    for (long i = 0; i < count && status == TBLOG_OK; i++) {
        status = tblog_add_scalar(writer, "loss", i + WARM_UP, 0.5);
    }
    const tblog_status closed = tblog_writer_close(writer);
    print_rate("ours", seconds_now() - start, count);
    return status == TBLOG_OK && closed == TBLOG_OK ? 0 : 1;
}

static size_t store_varint(uint8_t *at, uint64_t value)
{
    size_t bytes = 0;
    for (; value >= 0x80; value >>= 7) {
        at[bytes++] = (uint8_t)(value | 0x80);
    }
    at[bytes++] = (uint8_t)value;
    return bytes;
}

/* The record that tblog writes for such a scalar, with the same time for all. */
static size_t plain_record(uint8_t *record, long step)
{
    static const uint8_t summary[] = {0x2a, 0x0d, 0x0a, 0x0b, 0x0a, 4,    'l', 'o',
                                      's',  's',  0x15, 0,    0,    0x00, 0x3f};
    static const uint8_t wall_time[] = {0x09, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0xda, 0x41, 0x41};
    uint8_t *payload = record + RECORD_HEADER_BYTES;
    size_t bytes = sizeof wall_time;
    memcpy(payload, wall_time, sizeof wall_time);
    payload[bytes++] = 0x10;
    bytes += store_varint(payload + bytes, (uint64_t)step);
    memcpy(payload + bytes, summary, sizeof summary);
    bytes += sizeof summary;
    little_endian_store(record, RECORD_LENGTH_BYTES, bytes);
    little_endian_store(record + RECORD_LENGTH_BYTES, RECORD_CRC_BYTES,
                        crc32c_masked(record, RECORD_LENGTH_BYTES));
    little_endian_store(payload + bytes, RECORD_CRC_BYTES, crc32c_masked(payload, bytes));
    return bytes + RECORD_FRAME_BYTES;
}

static int write_all(int descriptor, const uint8_t *data, size_t bytes)
{
    while (bytes > 0) {
        const ssize_t count = write(descriptor, data, bytes);
        if (count <= 0) {
            return 1;
        }
        data += count;
        bytes -= (size_t)count;
    }
    return 0;
}

static int time_plain(long count, const char *directory)
{
    char path[4096];
    static uint8_t buffer[PLAIN_BUFFER_BYTES];
    mkdir(directory, 0777);
    snprintf(path, sizeof path, "%s/plain", directory);
    const int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (descriptor < 0) {
        return 1;
    }
    int failed = 0;
    size_t size = 0;
    const double start = seconds_now();
    for (long i = 0; i < count && !failed; i++) {
        size += plain_record(buffer + size, i + WARM_UP);
        if (size > sizeof buffer - 100) {
            failed = write_all(descriptor, buffer, size);
            size = 0;
        }
    }
    failed = failed || write_all(descriptor, buffer, size) || close(descriptor) != 0;
    print_rate("plain", seconds_now() - start, count);
    return failed;
}

/* ---- The calling thread ---- */

static int compare_ticks(const void *a, const void *b)
{
    const uint64_t left = *(const uint64_t *)a;
    const uint64_t right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

static double ticks_a_second(void)
{
    const double start = seconds_now();
    const uint64_t first = __rdtsc();
    while (seconds_now() - start < 0.2)
        ;
    return (double)(__rdtsc() - first) / (seconds_now() - start);
}

static int time_calls(const char *name, long count, const char *directory, long burst)
{
    uint64_t *ticks = malloc((size_t)count * sizeof *ticks);
    tblog_writer *writer = open_writer(directory);
    if (ticks == NULL || writer == NULL) {
        return 1;
    }
    memset(ticks, 0, (size_t)count * sizeof *ticks);
    const double rate = ticks_a_second();
    const uint64_t between = (uint64_t)(rate * (burst == 1 ? 10e-6 : 20e-3));
    tblog_status status = TBLOG_OK;
    uint64_t due = __rdtsc();
    for (long i = 0; i < count && status == TBLOG_OK; i++) {
        if (i % burst == 0) {
            while (__rdtsc() < due) {
                _mm_pause();
            }
            due += between;
        }
        const uint64_t before = __rdtsc();
        status = tblog_add_scalar(writer, "loss", i, 0.5);
        ticks[i] = __rdtsc() - before;
    }
    const tblog_status closed = tblog_writer_close(writer);
    qsort(ticks, (size_t)count, sizeof *ticks, compare_ticks);
    static const double shares[] = {0.5, 0.9, 0.99, 0.999};
    printf("%s:", name);
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
        printf(" p%g %.3f us,", shares[i] * 100,
               (double)ticks[(size_t)(shares[i] * (double)(count - 1))] / rate * 1e6);
    }
    printf(" most %.1f us\n", (double)ticks[count - 1] / rate * 1e6);
    free(ticks);
    return status == TBLOG_OK && closed == TBLOG_OK ? 0 : 1;
}

int main(int argc, char **argv)
{
    const long count = argc == 4 ? strtol(argv[2], NULL, 10) : 0;
    if (count <= 0) {
        fprintf(stderr, "Usage: writer_rates ours|plain|paced|bursts COUNT DIRECTORY\n");
        return 2;
    }
    int failed = 2;
    if (strcmp(argv[1], "ours") == 0) {
        failed = time_ours(count, argv[3]);
    } else if (strcmp(argv[1], "plain") == 0) {
        failed = time_plain(count, argv[3]);
    } else if (strcmp(argv[1], "paced") == 0) {
        failed = time_calls(argv[1], count, argv[3], 1);
    } else if (strcmp(argv[1], "bursts") == 0) {
        failed = time_calls(argv[1], count, argv[3], BURST);
    }
    if (failed != 0) {
        fprintf(stderr, "writer_rates: %s failed\n", argv[1]);
    }
    return failed;
}
