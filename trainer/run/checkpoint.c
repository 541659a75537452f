#include "checkpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "file_replace.h"
#include "message.h"

/* The longest first line: RUN_RECORD_MAX_EVENT_FILES names, each at most six times its bytes. */
enum { HEAD_BYTES = 1 << 17 };

static uint32_t state_crc32(const checkpoint *self)
{
    return (uint32_t)crc32_z(0, self->state, self->state_bytes);
}

int checkpoint_note_files(checkpoint *out, const run_record *record, int fd, const char *directory,
                          char *message)
{
    memcpy(out->event_files, record->event_files, sizeof out->event_files);
    out->event_file_count = record->event_file_count;
    for (uint32_t i = 0; i < out->event_file_count; i++) {
        struct stat status;
        if (fstatat(fd, out->event_files[i], &status, AT_SYMLINK_NOFOLLOW) != 0) {
            return message_set(message, "%s/%s: %s", directory, out->event_files[i],
                               strerror(errno));
        }
        out->event_bytes[i] = (uint64_t)status.st_size;
    }
    return 0;
}

static json_t *head_to_json(const checkpoint *self)
{
    char crc32[9];
    json_t *files = json_array();
    for (uint32_t i = 0; i < self->event_file_count; i++) {
        json_t *file = json_pack("{s:s, s:I}", "name", self->event_files[i], "bytes",
                                 (json_int_t)self->event_bytes[i]);
        if (json_array_append_new(files, file) != 0) {
            json_decref(files);
            return NULL;
        }
    }
    snprintf(crc32, sizeof crc32, "%08" PRIx32, state_crc32(self));
    return json_pack("{s:i, s:I, s:I, s:o, s:I, s:s}",             //
                     "format", 1,                                  //
                     "epochs", (json_int_t)self->epochs,           //
                     "iterations", (json_int_t)self->iterations,   //
                     "event_files", files,                         //
                     "state_bytes", (json_int_t)self->state_bytes, //
                     "state_crc32", crc32);
}

int checkpoint_write(const checkpoint *self, int fd, const char *directory, char *message)
{
    json_t *root = head_to_json(self);
    char *head = root != NULL ? json_dumps(root, JSON_COMPACT) : NULL;
    json_decref(root);
    if (head == NULL) {
        return message_set(message, "%s/" CHECKPOINT_FILE ": no memory to write it", directory);
    }
    const file_piece pieces[] = {{head, strlen(head)}, {"\n", 1}, {self->state, self->state_bytes}};
    const int status = file_replace(fd, CHECKPOINT_FILE, pieces, 3, false);
    if (status != 0) {
        message_set(message, "%s/" CHECKPOINT_FILE " cannot be written: %s", directory,
                    strerror(errno));
    }
    free(head);
    return status;
}

static int64_t whole_or_minus_1(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_integer(value) && json_integer_value(value) >= 0 ? json_integer_value(value)
                                                                    : -1;
}

static int files_from_json(checkpoint *out, const json_t *files)
{
    size_t index;
    json_t *file;
    if (!json_is_array(files) || json_array_size(files) > RUN_RECORD_MAX_EVENT_FILES) {
        return -1;
    }
    json_array_foreach(files, index, file)
    {
        const char *name = json_string_value(json_object_get(file, "name"));
        const int64_t bytes = whole_or_minus_1(file, "bytes");
        if (name == NULL || !run_record_is_event_path(name) || bytes < 0) {
            return -1;
        }
        memcpy(out->event_files[index], name, strlen(name) + 1);
        out->event_bytes[index] = (uint64_t)bytes;
    }
    out->event_file_count = (uint32_t)index;
    return 0;
}

/* Everything but the state. */
static int head_from_json(checkpoint *out, const json_t *head, uint64_t file_bytes, uint32_t *crc32)
{
    const int64_t epochs = whole_or_minus_1(head, "epochs");
    const int64_t iterations = whole_or_minus_1(head, "iterations");
    const int64_t state_bytes = whole_or_minus_1(head, "state_bytes");
    const char *digits = json_string_value(json_object_get(head, "state_crc32"));
    if (json_integer_value(json_object_get(head, "format")) != 1 || epochs < 1 ||
        epochs > RUN_CONFIG_MAX_EPOCHS || iterations < 1 || state_bytes < 1 ||
        (uint64_t)state_bytes > file_bytes || digits == NULL || strlen(digits) != 8 ||
        strspn(digits, "0123456789abcdef") != 8 ||
        files_from_json(out, json_object_get(head, "event_files")) != 0) {
        return -1;
    }
    out->epochs = (uint32_t)epochs;
    out->iterations = (uint64_t)iterations;
    out->state_bytes = (size_t)state_bytes;
    *crc32 = (uint32_t)strtoul(digits, NULL, 16);
    return 0;
}

/* 0, or -1 with what is wrong. */
static int read_whole(checkpoint *out, FILE *in, const char **wrong)
{
    static const char damaged[] = "it is damaged";
    struct stat status;
    uint32_t crc32 = 0;
    int result = -1;
    char *line = malloc(HEAD_BYTES);
    json_t *head = NULL;
    *wrong = "there is no memory to read it";
    if (line == NULL) {
        return -1;
    }
    *wrong = damaged;
    if (fstat(fileno(in), &status) != 0 || !S_ISREG(status.st_mode) ||
        fgets(line, HEAD_BYTES, in) == NULL) {
        goto cleanup;
    }
    head = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
    if (head == NULL || head_from_json(out, head, (uint64_t)status.st_size, &crc32) != 0) {
        goto cleanup;
    }
    out->state = malloc(out->state_bytes);
    if (out->state == NULL) {
        *wrong = "there is no memory to read it";
        goto cleanup;
    }
    if (fread(out->state, 1, out->state_bytes, in) == out->state_bytes && fgetc(in) == EOF &&
        state_crc32(out) == crc32) {
        result = 0;
    }
cleanup:
    json_decref(head);
    free(line);
    return result;
}

checkpoint_presence checkpoint_read(checkpoint *out, int fd, const char *directory, char *message)
{
    const char *wrong = "";
    *out = (checkpoint){0};
    const int file = openat(fd, CHECKPOINT_FILE, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (file < 0 && errno == ENOENT) {
        return CHECKPOINT_ABSENT;
    }
    FILE *in = file >= 0 ? fdopen(file, "r") : NULL;
    if (in == NULL) {
        message_set(message, "%s/" CHECKPOINT_FILE ": %s", directory, strerror(errno));
        if (file >= 0) {
            close(file);
        }
        return CHECKPOINT_DAMAGED;
    }
    const int status = read_whole(out, in, &wrong);
    fclose(in);
    if (status != 0) {
        checkpoint_free(out);
        message_set(message, "%s/" CHECKPOINT_FILE ": %s", directory, wrong);
        return CHECKPOINT_DAMAGED;
    }
    return CHECKPOINT_READ;
}

static int rewind_file(int fd, const char *name, uint64_t bytes)
{
    struct stat status;
    const int file = openat(fd, name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file < 0) {
        return -1;
    }
    int result = fstat(file, &status);
    if (result == 0 && (!S_ISREG(status.st_mode) || (uint64_t)status.st_size < bytes)) {
        errno = EINVAL;
        result = -1;
    }
    if (result == 0) {
        result = ftruncate(file, (off_t)bytes);
    }
    const int error = errno;
    close(file);
    errno = error;
    return result;
}

int checkpoint_rewind_files(const checkpoint *self, int fd, const char *directory, char *message)
{
    for (uint32_t i = 0; i < self->event_file_count; i++) {
        if (rewind_file(fd, self->event_files[i], self->event_bytes[i]) != 0) {
            return message_set(message, "%s/%s cannot be cut back to %" PRIu64 " bytes: %s",
                               directory, self->event_files[i], self->event_bytes[i],
                               errno == EINVAL ? "it is shorter" : strerror(errno));
        }
    }
    return 0;
}

void checkpoint_free(checkpoint *self)
{
    free(self->state);
    *self = (checkpoint){0};
}
