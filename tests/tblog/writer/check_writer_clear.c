/* Another thread clears or replaces an error as soon as it can see it. */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "check_main.h"
#include "writer_fixture.h"
#include "writer_state.h"

/* The linker redirects the program's calls to the function below. */
int __real_pthread_mutex_unlock(pthread_mutex_t *mutex);
int __wrap_pthread_mutex_unlock(pthread_mutex_t *mutex);

/* The writer whose next error is cleared; NULL for none. Guarded by its mutex. */
static tblog_writer *watched;
/* Called with that writer when the error can be seen. */
static void (*interfere)(tblog_writer *writer);

/* Acts as the thread that waited for this mutex: it sees the error and interferes. */
int __wrap_pthread_mutex_unlock(pthread_mutex_t *mutex)
{
    tblog_writer *writer = watched;
    const bool is_seen = writer != NULL && mutex == &writer->mutex && writer->latched != TBLOG_OK;
    if (is_seen) {
        watched = NULL;
    }
    const int result = __real_pthread_mutex_unlock(mutex);
    if (is_seen) {
        interfere(writer);
    }
    return result;
}

static void replace_error(tblog_writer *writer)
{
    tblog_writer_clear_error(writer);
    pthread_mutex_lock(&writer->mutex);
    writer_latch(writer, "another call", EIO);
    pthread_mutex_unlock(&writer->mutex);
}

START_TEST(what_an_error_left_waits_an_interval_however_soon_the_error_is_cleared)
{
    writer_fixture f;
    writer_fixture_make(&f);
    ck_assert_int_eq(writer_fixture_open(&f), TBLOG_OK);
    const size_t before = memory_file_size(&f.file);
    memory_file_fail(&f.file, 1, 2, EDQUOT);
    ck_assert_int_eq(tblog_add_scalar(f.writer, "a", 0, 1.0), TBLOG_OK);
    fake_timer_await_wait(&f.timer);
    interfere = tblog_writer_clear_error;
    watched = f.writer;
    fake_timer_advance(&f.timer, 750);
    fake_timer_await_wait(&f.timer);
    ck_assert_uint_eq(memory_file_size(&f.file), before);
    ck_assert_int_eq(tblog_writer_status(f.writer), TBLOG_OK);
    fake_timer_advance(&f.timer, 750);
    memory_file_await_size(&f.file, before + 1);
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    ck_assert_uint_eq(count_points(&f.file), 1);
    writer_fixture_free(&f);
}
END_TEST

START_TEST(a_message_stays_when_another_error_replaces_its_error)
{
    writer_fixture f;
    writer_fixture_make(&f);
    ck_assert_int_eq(writer_fixture_open(&f), TBLOG_OK);
    memory_file_fail(&f.file, 1, 2, EDQUOT);
    ck_assert_int_eq(tblog_add_scalar(f.writer, "a", 0, 1.0), TBLOG_OK);
    ck_assert_int_eq(tblog_writer_flush(f.writer), TBLOG_IO);
    interfere = replace_error;
    watched = f.writer;
    const char *message = tblog_writer_message(f.writer);
    ck_assert_ptr_nonnull(strstr(message, "write failed: "));
    ck_assert_ptr_nonnull(strstr(tblog_writer_message(f.writer), "another call failed: "));
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_IO);
    writer_fixture_free(&f);
}
END_TEST

int main(void)
{
    return RUN_TESTS("writer_clear",
                     what_an_error_left_waits_an_interval_however_soon_the_error_is_cleared,
                     a_message_stays_when_another_error_replaces_its_error);
}
