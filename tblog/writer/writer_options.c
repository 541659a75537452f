#include "writer_options.h"

#include <string.h>

#include "refusal.h"
#include "wall_clock.h"

enum { SUFFIX_BYTES_MAX = 64 };

static const tblog_writer_options defaults = {.size = sizeof defaults,
                                              .flush_interval_ms = 1000,
                                              .buffer_bytes = 256 * 1024,
                                              .queue_bytes = 4 * 1024 * 1024,
                                              .file_suffix = ".v2"};

void tblog_writer_options_init_sized(tblog_writer_options *options, size_t size)
{
    /* The program's struct may be shorter or longer than the one here. */
    memset(options, 0, size);
    memcpy(options, &defaults, size < sizeof defaults ? size : sizeof defaults);
    options->size = size;
}

static bool are_sound_options(const tblog_writer_options *options)
{
    return admit(strlen(options->file_suffix) <= SUFFIX_BYTES_MAX &&
                     strchr(options->file_suffix, '/') == NULL,
                 "the option file_suffix is longer than %d bytes, or contains a '/'",
                 SUFFIX_BYTES_MAX) &&
           admit_printable(options->file_suffix, "the option file_suffix") &&
           admit(options->clock == NULL || options->clock->wall_time != NULL,
                 "the option clock has no wall_time") &&
           admit(options->queue_bytes > 0, "the option queue_bytes is 0") &&
           admit((unsigned)options->full_queue <= TBLOG_FULL_QUEUE_FAIL,
                 "the option full_queue has an unknown value") &&
           admit(options->rotate_seconds <= UINT32_MAX,
                 "the option rotate_seconds is more than 4294967295");
}

bool writer_options_resolve(tblog_writer_options *resolved, const tblog_writer_options *options)
{
    *resolved = defaults;
    if (options != NULL) {
        /* A caller built with an older header passes fewer options. */
        if (!admit(options->size >= sizeof options->size && options->size <= sizeof *options,
                   "the options have an unknown size; call tblog_writer_options_init first")) {
            return false;
        }
        memcpy(resolved, options, options->size);
        resolved->size = sizeof *resolved;
    }
    if (resolved->file_suffix == NULL) {
        resolved->file_suffix = "";
    }
    return are_sound_options(resolved);
}

tblog_clock writer_options_clock(const tblog_writer_options *resolved)
{
    return resolved->clock != NULL ? *resolved->clock
                                   : (tblog_clock){.wall_time = wall_clock_seconds};
}

double writer_options_wall_time(const tblog_writer_options *resolved)
{
    const tblog_clock clock = writer_options_clock(resolved);
    return clock.wall_time(clock.context);
}
