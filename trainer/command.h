/* The commands of the trainer, one file each. They print their own errors to stderr. */
#ifndef TRAINER_COMMAND_H
#define TRAINER_COMMAND_H

#include "outcome.h"

/* argv[0] is the name to use in messages, for example "trainer train". */
outcome train_command(int argc, char **argv);
outcome sweep_command(int argc, char **argv);
outcome status_command(int argc, char **argv);
outcome plan_command(int argc, char **argv);
outcome compare_command(int argc, char **argv);
outcome plot_command(int argc, char **argv);
outcome evaluate_command(int argc, char **argv);
outcome predict_command(int argc, char **argv);
outcome export_command(int argc, char **argv);
outcome selftest_command(int argc, char **argv);

#endif
