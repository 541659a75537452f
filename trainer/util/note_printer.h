/* Prints a note to the user, for code that knows no display. */
#ifndef TRAINER_NOTE_PRINTER_H
#define TRAINER_NOTE_PRINTER_H

/* Prints a line, which has no line end. */
typedef struct note_printer {
    void (*print)(void *context, const char *line);
    void *context;
} note_printer;

#endif
