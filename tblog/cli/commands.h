/* The commands of the tblog tool. Each takes its own argv, whose first entry is the name to use in
 * messages, parses it with argp and returns the exit status. */
#ifndef TBLOG_CLI_COMMANDS_H
#define TBLOG_CLI_COMMANDS_H

enum exit_status {
    EXIT_STATUS_DONE = 0,
    EXIT_STATUS_FAILED = 1,
    EXIT_STATUS_USAGE = 2, /* argp's own exits use it too */
    EXIT_STATUS_TORN = 3   /* nothing wrong but a torn last record */
};

int command_cat(int argc, char **argv);
int command_export(int argc, char **argv);
int command_ls(int argc, char **argv);
int command_merge(int argc, char **argv);
int command_repair(int argc, char **argv);
int command_tail(int argc, char **argv);
int command_trim(int argc, char **argv);
int command_verify(int argc, char **argv);

#endif
