/* The commands of the tblog tool. Each parses its own argv with argp; argv[0] is the name to use in
 * messages. Each returns the exit status. */
#ifndef TBLOG_CLI_COMMANDS_H
#define TBLOG_CLI_COMMANDS_H

int command_cat(int argc, char **argv);
int command_export(int argc, char **argv);
int command_ls(int argc, char **argv);
int command_merge(int argc, char **argv);
int command_repair(int argc, char **argv);
int command_tail(int argc, char **argv);
int command_trim(int argc, char **argv);
int command_verify(int argc, char **argv);

#endif
