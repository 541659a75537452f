/* tblog export --wide: the scalars as a table, one row per step and one column per tag. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#include "complaint.h"
#include "exit_status.h"
#include "export_csv.h"
#include "export_forms.h"
#include "output_file.h"
#include "read_events.h"
#include "tblog/tblog.h"
#include "wide_table.h"

typedef struct wide_export {
    const tag_filter *filter;
    const char *run; /* of the file being read */
    bool any;        /* a scalar was chosen */
    wide_table *table;
} wide_export;

static bool complain_of_memory(const char *run)
{
    complaint_print("export", run, "%s", tblog_status_string(TBLOG_NO_MEMORY));
    return false;
}

static bool add_event(void *context, const tblog_reader *reader, const tblog_event *event)
{
    (void)reader;
    wide_export *all = context;
    for (size_t i = 0; i < event->value_count; i++) {
        const tblog_value *value = event->values[i];
        if (value->kind != TBLOG_VALUE_SCALAR || !tag_filter_chooses(all->filter, value->tag)) {
            continue;
        }
        all->any = true;
        if (!wide_table_add(all->table, value->tag, event->step, (float)value->scalar)) {
            return complain_of_memory(all->run);
        }
    }
    return true;
}

static enum exit_status read_files(wide_export *all, const event_files *files)
{
    enum exit_status worst = EXIT_STATUS_DONE;
    for (size_t i = 0; i < files->count; i++) {
        all->run = files->at[i].run;
        if (!wide_table_begin_run(all->table, all->run)) {
            (void)complain_of_memory(all->run);
            return EXIT_STATUS_FAILED;
        }
        worst = worse_status(worst, read_events("export", files->at[i].path, add_event, all));
    }
    return worst;
}

static void print_table(wide_table *table, FILE *stream)
{
    const uint64_t replaced = wide_table_print(table, stream);
    if (replaced > 0) {
        fprintf(stderr,
                "tblog export: note: %" PRIu64 " points left out: a later point has the same tag "
                "and step\n",
                replaced);
    }
}

enum exit_status export_wide(const export_request *request, const event_files *files)
{
    wide_export all = {.filter = &request->arguments.filter, .table = wide_table_new()};
    enum exit_status status = EXIT_STATUS_FAILED;
    output_file file;
    if (all.table == NULL) {
        (void)complain_of_memory("--wide");
    } else if (export_csv_open(&file, request)) {
        status = read_files(&all, files);
        print_table(all.table, file.stream);
        if (!all.any && status == EXIT_STATUS_DONE) {
            export_csv_note_no_scalars(request);
        }
        /* Scalars before damage are kept. */
        status = worse_status(status, output_file_end(&file, EXIT_STATUS_DONE));
    }
    wide_table_free(all.table);
    return status;
}
