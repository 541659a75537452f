#include "made_part.h"

#include <check.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scratch.h"

#define PART "run/" MADE_PART

static const char *path_of(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, PART "/%s", name);
    return scratch_path(path);
}

const char *made_part_run(void)
{
    return scratch_path("run");
}

tblog_writer *made_part_open(void)
{
    tblog_writer *file;
    ck_assert_int_eq(tblog_writer_open(&file, scratch_path(PART), NULL), TBLOG_OK);
    return file;
}

void made_part_add(tblog_writer *file, const char *tag, int64_t step, double value)
{
    ck_assert_int_eq(tblog_add_scalar(file, tag, step, value), TBLOG_OK);
}

void made_part_close(tblog_writer *file, const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s", tblog_writer_path(file));
    ck_assert_int_eq(tblog_writer_close(file), TBLOG_OK);
    ck_assert_int_eq(rename(path, path_of(name)), 0);
}

void made_part_write(const char *name, const char *tag, int64_t first, int64_t last)
{
    tblog_writer *file = made_part_open();
    for (int64_t step = first; step <= last; step++) {
        made_part_add(file, tag, step, (double)step);
    }
    made_part_close(file, name);
}

void made_part_tear(const char *name, off_t bytes)
{
    struct stat status;
    ck_assert_int_eq(stat(path_of(name), &status), 0);
    ck_assert_int_eq(truncate(path_of(name), status.st_size - bytes), 0);
}

void made_part_damage(const char *name, long from_end)
{
    FILE *file = fopen(path_of(name), "r+");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fseek(file, -from_end, SEEK_END), 0);
    const int byte = fgetc(file);
    ck_assert_int_eq(fseek(file, -from_end, SEEK_END), 0);
    ck_assert_int_ge(fputc(byte ^ 1, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}
