#include "export_csv.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "complaint.h"
#include "stream_guard.h"

bool export_csv_open(output_file *file, const export_request *request)
{
    const bool shown = request->arguments.output == NULL && isatty(STDOUT_FILENO) == 1;
    if (shown && !stream_guard(&stdout)) {
        complaint_print("export", "standard output", "%s", strerror(errno));
        return false;
    }
    return output_file_open(file, "export", request->arguments.output);
}

void export_csv_note_no_scalars(const export_request *request)
{
    complaint_print("export", request->arguments.paths[0],
                    "note: no scalars, or none with such a tag");
}
