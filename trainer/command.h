/* The commands of the trainer, one file each. They print their own errors to stderr and say how
 * they ended; main.c alone turns that into an exit code. */
#ifndef TRAINER_COMMAND_H
#define TRAINER_COMMAND_H

typedef enum command_status {
    COMMAND_DONE = 0,
    COMMAND_FAILED, /* the environment or the data */
    COMMAND_USAGE,  /* the command line */
    COMMAND_STOPPED /* a signal; signals_noted() tells which */
} command_status;

/* argv[0] is the name to use in messages, for example "trainer train". */
command_status train_command(int argc, char **argv);
command_status sweep_command(int argc, char **argv);
command_status plan_command(int argc, char **argv);
command_status compare_command(int argc, char **argv);

#endif
