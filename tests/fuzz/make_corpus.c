/* Makes the inputs that the fuzz targets begin with: make_corpus EVENT_FILE DIRECTORY makes
 * DIRECTORY/{records,event,writer,json} from a file with every kind of value, from records that the
 * stock packages wrote, and from input that is hard to read. */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "crc32c.h"
#include "golden_events.h"
#include "little_endian.h"
#include "record_format.h"
#include "tblog/tblog.h"

enum { NEST_BYTES = 20000, PATH_BYTES = 4096 };

static const char *root;

static void save(const char *target, const char *name, const void *data, size_t bytes)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/%s/%s", root, target, name);
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(data, 1, bytes, file) != bytes || fclose(file) != 0) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(1);
    }
}

static void save_event(const char *name, const uint8_t *payload, size_t bytes)
{
    save("event", name, payload, bytes);
    save("json", name, payload, bytes);
}

/* Writes the payload for some targets, the whole record for another. */
static void save_record(const char *name, const uint8_t *record, size_t bytes)
{
    save_event(name, record + RECORD_HEADER_BYTES, bytes - RECORD_FRAME_BYTES);
    save("records", name, record, bytes);
}

static void save_payload(const char *name, const uint8_t *payload, size_t bytes)
{
    uint8_t *record = malloc(bytes + RECORD_FRAME_BYTES);
    if (record == NULL) {
        exit(1);
    }
    little_endian_store(record, RECORD_LENGTH_BYTES, bytes);
    little_endian_store(record + RECORD_LENGTH_BYTES, RECORD_CRC_BYTES,
                        crc32c_masked(record, RECORD_LENGTH_BYTES));
    memcpy(record + RECORD_HEADER_BYTES, payload, bytes);
    little_endian_store(record + RECORD_HEADER_BYTES + bytes, RECORD_CRC_BYTES,
                        crc32c_masked(payload, bytes));
    save_record(name, record, bytes + RECORD_FRAME_BYTES);
    free(record);
}

#define SAVE_GOLDEN(name) save_record(#name, golden_##name, sizeof golden_##name)

static void save_golden(void)
{
    SAVE_GOLDEN(file_version);
    SAVE_GOLDEN(scalars);
    SAVE_GOLDEN(later_scalar);
    SAVE_GOLDEN(float_tensor);
    SAVE_GOLDEN(float_content);
    SAVE_GOLDEN(text_tensor);
    SAVE_GOLDEN(elements);
    SAVE_GOLDEN(old_forms);
    SAVE_GOLDEN(session_log);
    SAVE_GOLDEN(graph_def);
    SAVE_GOLDEN(no_event);
    SAVE_GOLDEN(histogram_single);
    SAVE_GOLDEN(mesh);
    SAVE_GOLDEN(session_start);
    SAVE_GOLDEN(experiment);
}

/* Nested fields, as deep as the bytes allow: it repeats the fields that lead from an event to its
 * deepest message. */
static void save_nested(const char *name, const uint8_t *keys, size_t key_count)
{
    static uint8_t nested[NEST_BYTES];
    size_t size = 0;
    /* Each level is a key, and a length in three bytes of everything after it. */
    for (size_t level = 0; size + 4 <= sizeof nested; level++) {
        const size_t inner = sizeof nested - size - 4;
        nested[size++] = keys[level % key_count];
        nested[size++] = (uint8_t)(inner | 0x80);
        nested[size++] = (uint8_t)(inner >> 7 | 0x80);
        nested[size++] = (uint8_t)(inner >> 14);
    }
    save_payload(name, nested, sizeof nested);
}

static void save_hostile(void)
{
    static const uint8_t to_dimensions[] = {0x2a, 0x0a, 0x42, 0x12, 0x12};
    static const uint8_t to_metadata[] = {0x2a, 0x0a, 0x4a, 0x0a};
    static const uint8_t unknown[] = {0x7a};
    static uint8_t parts[NEST_BYTES];
    save_nested("nested_shapes", to_dimensions, sizeof to_dimensions);
    save_nested("nested_metadata", to_metadata, sizeof to_metadata);
    save_nested("nested_unknown", unknown, sizeof unknown);
    memset(parts, 0x7b, sizeof parts); /* groups that begin and never end */
    save_payload("nested_groups", parts, sizeof parts);
    for (size_t i = 4; i < sizeof parts; i += 2) { /* values of no bytes */
        parts[i] = 0x0a;
        parts[i + 1] = 0;
    }
    const uint8_t summary[] = {0x2a, 0x9c, 0x9c, 0x01};
    memcpy(parts, summary, sizeof summary);
    save_payload("empty_values", parts, sizeof parts);
    memset(parts, 0, sizeof parts);
    save("records", "zeros", parts, sizeof parts);
}

/* The file; the file with a truncated end; with a wrong byte in a length; and in a payload. */
static void save_files(uint8_t *data, size_t bytes)
{
    save("records", "file", data, bytes);
    save("records", "torn", data, bytes - 7);
    data[bytes / 2] ^= 1;
    save("records", "damaged", data, bytes);
    const size_t second =
        RECORD_FRAME_BYTES + (size_t)little_endian_load(data, RECORD_LENGTH_BYTES);
    data[second] ^= 4;
    save("records", "two_damages", data, bytes);
}

/* The plug-ins' metadata without the event around it. */
static void save_contents(const tblog_event *event, int number)
{
    for (size_t i = 0; i < event->value_count; i++) {
        const tblog_bytes content = event->values[i]->plugin_content;
        char name[64];
        snprintf(name, sizeof name, "content_%d_%zu", number, i);
        if (content.count > 0) {
            save("json", name, content.data, content.count);
        }
    }
}

/* Each event of the file, and the file. */
static bool save_kinds(const char *path)
{
    static uint8_t all[1 << 20];
    size_t size = 0;
    tblog_reader *reader;
    const tblog_event *event;
    if (tblog_reader_open(&reader, path) != TBLOG_OK) {
        return false;
    }
    for (int number = 0; tblog_reader_next(reader, &event) == TBLOG_OK; number++) {
        char name[32];
        size_t bytes;
        const uint8_t *record = tblog_reader_record(reader, &bytes);
        snprintf(name, sizeof name, "kind_%d", number);
        if (bytes < 3000) {
            save_event(name, record + RECORD_HEADER_BYTES, bytes - RECORD_FRAME_BYTES);
        }
        save_contents(event, number);
        if (bytes > sizeof all - size) {
            return false;
        }
        memcpy(all + size, record, bytes);
        size += bytes;
    }
    tblog_reader_close(reader);
    save_files(all, size);
    return size > 1000;
}

/* Calls as fuzz_writer reads them: kind, tag, number, step, data. */
static void save_calls(void)
{
    uint8_t calls[4096];
    for (unsigned tensor_scalars = 0; tensor_scalars < 2; tensor_scalars++) {
        for (unsigned kind = 0; kind < 10; kind++) {
            size_t size = 0;
            calls[size++] = (uint8_t)tensor_scalars;
            for (unsigned number = 0; number < 16; number++) {
                const uint8_t start[] = {(uint8_t)kind,   2, 't', (uint8_t)('a' + number / 8),
                                         (uint8_t)number, 1, 120};
                memcpy(calls + size, start, sizeof start);
                size += sizeof start;
                for (unsigned i = 0; i < 120; i++) { /* floats and doubles near 1, and ASCII */
                    calls[size++] = i % 4 == 3 ? 0x3f : (uint8_t)(0x40 + i % 32);
                }
            }
            char name[32];
            snprintf(name, sizeof name, "calls_%u_%u", kind, tensor_scalars);
            save("writer", name, calls, size);
        }
    }
}

int main(int argc, char **argv)
{
    static const char *const targets[] = {"records", "event", "writer", "json"};
    if (argc != 3) {
        fprintf(stderr, "Usage: make_corpus EVENT_FILE DIRECTORY\n");
        return 2;
    }
    root = argv[2];
    mkdir(root, 0777);
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        char path[PATH_BYTES];
        snprintf(path, sizeof path, "%s/%s", root, targets[i]);
        mkdir(path, 0777);
    }
    save_golden();
    save_hostile();
    save_calls();
    return save_kinds(argv[1]) ? 0 : 1;
}
