/* Event files of a part, "run/train" in the scratch directory, with names that the test chooses. */
#ifndef TESTS_MADE_PART_H
#define TESTS_MADE_PART_H

#include <stdint.h>
#include <sys/types.h>
#include <tblog/tblog.h>

#define MADE_PART "train"

/* The file's name; names sort in the order of their endings. */
#define MADE_PART_FILE(ending) "events.out.tfevents." ending

/* The run's directory. */
const char *made_part_run(void);

/* Begins a file. Close it with made_part_close, which gives it its name. */
tblog_writer *made_part_open(void);
void made_part_add(tblog_writer *file, const char *tag, int64_t step, double value);
void made_part_close(tblog_writer *file, const char *name);

/* A whole file with one tag at steps first .. last; the values are the steps. */
void made_part_write(const char *name, const char *tag, int64_t first, int64_t last);

/* Cuts `bytes` off the file's end, fewer than its last record has. */
void made_part_tear(const char *name, off_t bytes);

/* Changes the byte that is `from_end` bytes before the file's end. */
void made_part_damage(const char *name, long from_end);

#endif
