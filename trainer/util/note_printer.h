/* How rooms that know no display print a note to the user. */
#ifndef TRAINER_NOTE_PRINTER_H
#define TRAINER_NOTE_PRINTER_H

/* Prints a line, which has no line end. */
typedef struct note_printer {
    void (*print)(void *context, const char *line);
    void *context;
} note_printer;

#endif
