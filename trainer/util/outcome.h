/* How a command ended, or a run that it trained. main.c alone turns this into an exit code. */
#ifndef TRAINER_OUTCOME_H
#define TRAINER_OUTCOME_H

typedef enum outcome {
    OUTCOME_DONE = 0,
    OUTCOME_FAILED,  /* the environment or the data */
    OUTCOME_REFUSED, /* what was asked for: the command line, or a run that the engine cannot do */
    OUTCOME_TAKEN,   /* another process has the run, or has ended it meanwhile */
    OUTCOME_STOPPED, /* a signal; signals_noted() tells which */
    OUTCOME_DIVERGED /* a loss was NaN or infinite, which was to be a failure */
} outcome;

#endif
