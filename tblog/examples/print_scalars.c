/* Prints the scalars of an event file, whoever wrote it: step, tag, value.
 *
 *     cc print_scalars.c $(pkg-config --cflags --libs tblog) -o print_scalars
 *     ./print_scalars logs/example-c/events.out.tfevents.* */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <tblog/tblog.h>

static void print_event(const tblog_event *event)
{
    for (size_t i = 0; i < event->value_count; i++) {
        const tblog_value *value = event->values[i];
        if (value->kind == TBLOG_VALUE_SCALAR) {
            printf("%" PRId64 "\t%s\t%.9g\n", event->step, value->tag, value->scalar);
        }
    }
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "Usage: %s FILE\n", argv[0]);
        return 2;
    }
    tblog_reader *reader;
    if (tblog_reader_open(&reader, argv[1]) != TBLOG_OK) {
        fprintf(stderr, "%s: %s\n", argv[1], strerror(errno));
        return 1;
    }
    const tblog_event *event;
    tblog_status status;
    while ((status = tblog_reader_next(reader, &event)) == TBLOG_OK) {
        print_event(event);
    }
    /* A file that is being written may end inside a record: call again once it has grown. */
    if (status != TBLOG_END) {
        fprintf(stderr, "%s: %s\n", argv[1], tblog_reader_message(reader));
    }
    tblog_reader_close(reader);
    return status != TBLOG_END;
}
