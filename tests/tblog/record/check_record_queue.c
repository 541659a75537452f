#include "record_queue.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "check_main.h"
#include "little_endian.h"
#include "record_append.h"
#include "record_format.h"

/* Records of 1 to 9 bytes; each payload's bytes are its number. */
static size_t payload_size(size_t number)
{
    return 1 + number % 9;
}

static void append(record_queue *queue, size_t number, bool lasting)
{
    uint8_t payload[16];
    memset(payload, (int)number, sizeof payload);
    ck_assert_int_eq(record_append(queue, payload, payload_size(number), lasting), 0);
}

/* Checks that the queue holds whole records with rising numbers below `count`, among them all
 * lasting ones. Returns how many it holds. */
static size_t check_queue(const record_queue *queue, const bool *lasting, size_t count)
{
    size_t found = 0;
    size_t next = 0; /* lowest number that may follow */
    for (size_t at = 0; at < queue->records.size; found++) {
        const uint8_t *record = queue->records.data + at;
        const size_t number = record[RECORD_HEADER_BYTES];
        ck_assert_uint_ge(number, next);
        ck_assert_uint_lt(number, count);
        ck_assert_uint_eq(little_endian_load(record, RECORD_LENGTH_BYTES), payload_size(number));
        for (; next < number; next++) {
            ck_assert(!lasting[next]);
        }
        next++;
        at += payload_size(number) + RECORD_FRAME_BYTES;
        ck_assert_uint_le(at, queue->records.size);
    }
    for (; next < count; next++) {
        ck_assert(!lasting[next]);
    }
    return found;
}

START_TEST(a_payload_that_no_message_can_have_is_refused)
{
    record_queue queue = {0};
    byte_buffer *payload = record_queue_begin(&queue);
    ck_assert_ptr_nonnull(payload);
    payload->size += (size_t)INT32_MAX + 1; /* there are no such bytes: they must not be read */
    ck_assert_int_eq(record_queue_end(&queue, false), EMSGSIZE);
    ck_assert_uint_eq(queue.records.size, 0);
    record_queue_free(&queue);
}
END_TEST

START_TEST(a_record_that_is_cancelled_leaves_nothing)
{
    record_queue queue = {0};
    bool lasting[2] = {false};
    append(&queue, 0, false);
    const size_t before = queue.records.size;
    byte_buffer *payload = record_queue_begin(&queue);
    ck_assert_ptr_nonnull(payload);
    ck_assert(byte_buffer_append(payload, "cancelled", 9));
    record_queue_cancel(&queue);
    ck_assert_uint_eq(queue.records.size, before);
    append(&queue, 1, false);
    ck_assert_uint_eq(check_queue(&queue, lasting, 2), 2);
    record_queue_free(&queue);
}
END_TEST

START_TEST(the_oldest_records_are_dropped_and_the_lasting_ones_stay)
{
    srand(1);
    for (int trial = 0; trial < 60; trial++) {
        record_queue queue = {0};
        bool lasting[200];
        size_t count = 0;
        size_t dropped = 0;
        const int one_in = 1 + trial % 20; /* one record in so many is lasting */
        while (count < 200) {
            for (int i = rand() % 40; i >= 0 && count < 200; i--, count++) {
                lasting[count] = rand() % one_in == 0;
                append(&queue, count, lasting[count]);
            }
            const size_t room = (size_t)(rand() % 800);
            const size_t before = queue.records.size;
            const size_t gone = record_queue_drop_oldest(&queue, room);
            ck_assert(gone > 0 || queue.records.size == before);
            dropped += gone;
            const size_t found = check_queue(&queue, lasting, count);
            ck_assert_uint_eq(found + dropped, count);
            /* More than requested stays only if all of it is lasting. */
            ck_assert(queue.records.size <= room || found * sizeof(size_t) == queue.lasting.size);
        }
        record_queue_free(&queue);
    }
}
END_TEST

START_TEST(no_more_than_needed_is_dropped)
{
    record_queue queue = {0};
    bool lasting[10] = {false};
    for (size_t i = 0; i < 10; i++) {
        append(&queue, i, false);
    }
    ck_assert_uint_eq(record_queue_drop_oldest(&queue, queue.records.size), 0);
    ck_assert_uint_eq(record_queue_drop_oldest(&queue, queue.records.size - 1), 1);
    ck_assert_uint_eq(check_queue(&queue, lasting, 10), 9);
    ck_assert_uint_eq(queue.records.data[RECORD_HEADER_BYTES], 1);
    ck_assert_uint_eq(record_queue_drop_oldest(&queue, 0), 9);
    ck_assert_uint_eq(queue.records.size, 0);
    record_queue_free(&queue);
}
END_TEST

int main(void)
{
    return RUN_TESTS("record_queue", a_payload_that_no_message_can_have_is_refused,
                     a_record_that_is_cancelled_leaves_nothing,
                     the_oldest_records_are_dropped_and_the_lasting_ones_stay,
                     no_more_than_needed_is_dropped);
}
