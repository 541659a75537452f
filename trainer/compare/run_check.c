#include "run_check.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "printable.h"
#include "run_reader.h"

/* Event files have 32-bit floats, and run.json the doubles that they came from. */
static bool is_float_of(double point, double figure)
{
    return (float)point == (float)figure || (isnan(point) && !isfinite(figure));
}

/* The first epoch (from 0) whose figures differ. If there is none, the number of epochs that both
 * have. */
static uint32_t first_difference(const run_record *record, const run_curves *curves)
{
    uint32_t i = 0;
    while (i < record->epoch_count && i < curves->epochs &&
           is_float_of(curves->points[i].loss, record->epochs[i].loss) &&
           is_float_of(curves->points[i].accuracy, record->epochs[i].accuracy) &&
           is_float_of(curves->points[i].val_loss, record->epochs[i].val_loss) &&
           is_float_of(curves->points[i].val_accuracy, record->epochs[i].val_accuracy)) {
        i++;
    }
    return i;
}

/* What the event files lack, or how they differ, into note[note_bytes]; "" if nothing. */
static void describe(char *note, size_t note_bytes, const run_record *record,
                     const run_curves *curves)
{
    const uint32_t same = first_difference(record, curves);
    note[0] = '\0';
    if (curves->note[0] != '\0') {
        printable_copy(note, note_bytes, curves->note);
    } else if (same < record->epoch_count && same < curves->epochs) {
        snprintf(note, note_bytes, "its event files have other figures of epoch %u than run.json",
                 (unsigned)same + 1);
    } else if (curves->epochs < record->epoch_count) {
        snprintf(note, note_bytes, "run.json has %u epochs, but the event files only %u",
                 (unsigned)record->epoch_count, (unsigned)curves->epochs);
    }
}

int run_check(compared_run *run, const char *directory, char *message)
{
    run_curves curves;
    if (run_reader_read(&curves, directory, &run->record, message) != 0) {
        return -1;
    }
    char note[sizeof curves.note];
    describe(note, sizeof note, &run->record, &curves);
    if (note[0] != '\0') {
        const size_t length = strlen(run->note);
        snprintf(run->note + length, sizeof run->note - length, "%s%s", length > 0 ? "; " : "",
                 note);
    }
    run_curves_free(&curves);
    return 0;
}
