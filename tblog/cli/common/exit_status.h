/* What a command exits with. */
#ifndef TBLOG_CLI_EXIT_STATUS_H
#define TBLOG_CLI_EXIT_STATUS_H

enum exit_status {
    EXIT_STATUS_DONE = 0,
    EXIT_STATUS_FAILED = 1,
    EXIT_STATUS_USAGE = 2, /* argp's own exits use it too */
    EXIT_STATUS_TORN = 3   /* no error except a torn last record */
};

/* Failed is worse than torn, torn is worse than done. */
enum exit_status worse_status(enum exit_status left, enum exit_status right);

#endif
