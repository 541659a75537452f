/* tblog export: the scalars as CSV, one row per scalar. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#include "csv.h"
#include "exit_status.h"
#include "export_csv.h"
#include "export_forms.h"
#include "output_file.h"
#include "read_events.h"
#include "tblog/tblog.h"

typedef struct scalar_export {
    const tag_filter *filter;
    output_file file;
    const char *run; /* of the file being read */
    bool any;        /* a scalar was chosen */
} scalar_export;

static bool export_event(void *context, const tblog_reader *reader, const tblog_event *event)
{
    (void)reader;
    scalar_export *all = context;
    FILE *stream = all->file.stream;
    for (size_t i = 0; i < event->value_count; i++) {
        const tblog_value *value = event->values[i];
        if (value->kind != TBLOG_VALUE_SCALAR || !tag_filter_chooses(all->filter, value->tag)) {
            continue;
        }
        all->any = true;
        csv_print_text(stream, all->run);
        putc(',', stream);
        csv_print_text(stream, value->tag);
        fprintf(stream, ",%" PRId64 ",", event->step);
        csv_print_number(stream, event->wall_time, 17);
        putc(',', stream);
        csv_print_number(stream, value->scalar, 9);
        putc('\n', stream);
    }
    return !ferror(stream);
}

enum exit_status export_scalars(const export_request *request, const event_files *files)
{
    scalar_export all = {.filter = &request->arguments.filter};
    if (!export_csv_open(&all.file, request)) {
        return EXIT_STATUS_FAILED;
    }
    fputs("run,tag,step,wall_time,value\n", all.file.stream);
    enum exit_status worst = EXIT_STATUS_DONE;
    for (size_t i = 0; i < files->count; i++) {
        all.run = files->at[i].run;
        worst = worse_status(worst, read_events("export", files->at[i].path, export_event, &all));
    }
    if (!all.any && worst == EXIT_STATUS_DONE) {
        export_csv_note_no_scalars(request);
    }
    /* Scalars before damage are kept. */
    return worse_status(worst, output_file_end(&all.file, EXIT_STATUS_DONE));
}
