#include "checkpoint.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "file_read.h"
#include "file_replace.h"
#include "message.h"
#include "real_to_json.h"
#include "run_config.h"

enum { FORMAT = 2, FORMAT_OF_EPOCHS = 1 };

static uint32_t state_crc32(const checkpoint *self)
{
    return (uint32_t)crc32_z(0, self->state, self->state_bytes);
}

/* NULL (left out) between epochs. */
static json_t *sums_to_json(const epoch_sums *sums)
{
    if (sums->steps == 0) {
        return NULL;
    }
    return json_pack("{s:I, s:o, s:I, s:I, s:f}",          //
                     "steps", (json_int_t)sums->steps,     //
                     "loss_sum", real_to_json(sums->loss), //
                     "correct", (json_int_t)sums->correct, //
                     "samples", (json_int_t)sums->samples, //
                     "training_seconds", sums->seconds);
}

static json_t *head_to_json(const checkpoint *self)
{
    char crc32[9];
    snprintf(crc32, sizeof crc32, "%08" PRIx32, state_crc32(self));
    return json_pack("{s:i, s:I, s:I, s:o*, s:I, s:s}",            //
                     "format", FORMAT,                             //
                     "epochs", (json_int_t)self->epochs,           //
                     "iterations", (json_int_t)self->iterations,   //
                     "epoch", sums_to_json(&self->under_way),      //
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
    const int status = file_replace(fd, CHECKPOINT_FILE, pieces, 3, true);
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

/* The epoch under way; none if `sums` is NULL. */
static int sums_from_json(epoch_sums *out, const json_t *sums)
{
    if (sums == NULL) {
        return 0;
    }
    const int64_t steps = whole_or_minus_1(sums, "steps");
    const int64_t correct = whole_or_minus_1(sums, "correct");
    const int64_t samples = whole_or_minus_1(sums, "samples");
    const json_t *loss = json_object_get(sums, "loss_sum");
    const json_t *seconds = json_object_get(sums, "training_seconds");
    if (steps < 1 || steps > UINT32_MAX || samples < steps || correct < 0 || correct > samples ||
        !(json_is_number(loss) || json_is_null(loss)) || !json_is_number(seconds) ||
        !(json_number_value(seconds) >= 0)) {
        return -1;
    }
    *out = (epoch_sums){
        .loss = json_is_null(loss) ? NAN : json_number_value(loss),
        .correct = (uint64_t)correct,
        .samples = (uint64_t)samples,
        .steps = (uint32_t)steps,
        .seconds = json_number_value(seconds),
    };
    return 0;
}

/* Everything but the state. */
static int head_from_json(checkpoint *out, const json_t *head, uint32_t *crc32)
{
    const json_int_t format = json_integer_value(json_object_get(head, "format"));
    const int64_t epochs = whole_or_minus_1(head, "epochs");
    const int64_t iterations = whole_or_minus_1(head, "iterations");
    const int64_t state_bytes = whole_or_minus_1(head, "state_bytes");
    const char *digits = json_string_value(json_object_get(head, "state_crc32"));
    if ((format != FORMAT && format != FORMAT_OF_EPOCHS) || epochs < 0 ||
        epochs > RUN_CONFIG_MAX_EPOCHS || iterations < 1 || state_bytes < 1 || digits == NULL ||
        strlen(digits) != 8 || strspn(digits, "0123456789abcdef") != 8 ||
        (format == FORMAT &&
         sums_from_json(&out->under_way, json_object_get(head, "epoch")) != 0)) {
        return -1;
    }
    out->epochs = (uint32_t)epochs;
    out->iterations = (uint64_t)iterations;
    out->state_bytes = (size_t)state_bytes;
    *crc32 = (uint32_t)strtoul(digits, NULL, 16);
    return 0;
}

/* Reads a checkpoint from text[bytes], which becomes *out's. -1 if it is damaged; the text is then
 * the caller's. */
static int take_text(checkpoint *out, char *text, size_t bytes)
{
    uint32_t crc32 = 0;
    char *line_end = memchr(text, '\n', bytes);
    if (line_end == NULL) {
        return -1;
    }
    const char *state = line_end + 1;
    const size_t state_bytes = bytes - (size_t)(state - text);
    json_t *head = json_loadb(text, (size_t)(line_end - text), JSON_REJECT_DUPLICATES, NULL);
    const int status = head != NULL ? head_from_json(out, head, &crc32) : -1;
    json_decref(head);
    if (status != 0 || out->state_bytes != state_bytes) {
        return -1;
    }
    memmove(text, state, state_bytes);
    out->state = text;
    return state_crc32(out) == crc32 ? 0 : -1;
}

file_presence checkpoint_read(checkpoint *out, int fd, const char *directory, char *message)
{
    char *text = NULL;
    size_t bytes = 0;
    *out = (checkpoint){0};
    if (file_read(fd, CHECKPOINT_FILE, &text, &bytes) != 0) {
        const int cause = errno;
        message_set(message, "%s/" CHECKPOINT_FILE " cannot be read: %s", directory,
                    file_read_reason(cause));
        return file_presence_of(cause);
    }
    if (take_text(out, text, bytes) != 0) {
        free(text);
        *out = (checkpoint){0};
        message_set(message, "%s/" CHECKPOINT_FILE ": it is damaged", directory);
        return FILE_DAMAGED;
    }
    return FILE_READ;
}

void checkpoint_free(checkpoint *self)
{
    free(self->state);
    *self = (checkpoint){0};
}
