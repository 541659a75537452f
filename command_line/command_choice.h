/* The first words of a command line: the command, or a question about the program or a command. */
#ifndef COMMAND_LINE_COMMAND_CHOICE_H
#define COMMAND_LINE_COMMAND_CHOICE_H

#include <stdbool.h>
#include <stddef.h>

/* A command, as the program's help lists it. */
typedef struct command_entry {
    const char *name;
    const char *arguments; /* "PATH... -o OUT"; "" if the help need not say */
    const char *summary;
} command_entry;

typedef struct command_program {
    const char *name;
    const char *purpose;                          /* the first line of the help */
    const char *notes;                            /* what follows the list of commands */
    const command_entry *(*command_at)(size_t i); /* NULL after the last */
} command_program;

enum { COMMAND_NAME_BYTES = 64 };

typedef struct command_choice {
    size_t command; /* its index */
    int argc;       /* of the command, whose argv[0] is "PROGRAM COMMAND" */
    char **argv;
    char name[COMMAND_NAME_BYTES];
    char *question[3]; /* argv of a command that is asked for help */
} command_choice;

/* Finds the command in argv, in which it puts the command's name; argv and *out must outlive the
 * command. "help COMMAND" and "--help COMMAND" ask that command for --help. Without a command they
 * print the program's help and end the process, as argp does. False after one line on stderr. */
__attribute__((warn_unused_result)) bool command_choose(const command_program *program, int argc,
                                                        char **argv, command_choice *out);

#endif
