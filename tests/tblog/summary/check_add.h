/* Setup and teardown of the tests of tblog_add_…: a writer that writes each event immediately, with
 * the time of the golden records. The teardown checks that it has no error. */
#ifndef TESTS_CHECK_ADD_H
#define TESTS_CHECK_ADD_H

#include "check_main.h"
#include "golden_events.h"
#include "writer_fixture.h"

static writer_fixture f;

static void open_writer(void)
{
    writer_fixture_open_golden(&f);
}

static void close_writer(void)
{
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    writer_fixture_free(&f);
}

#define RUN_ADD_TESTS(name, ...) RUN_TESTS_BETWEEN(open_writer, close_writer, name, __VA_ARGS__)

#endif
