/* How a command or a run ended. Only main.c turns this into an exit status. */
#ifndef TRAINER_OUTCOME_H
#define TRAINER_OUTCOME_H

typedef enum outcome {
    OUTCOME_DONE = 0,
    OUTCOME_FAILED,  /* because of the environment or the data */
    OUTCOME_REFUSED, /* wrong usage, or a run that the engine cannot train */
    OUTCOME_TAKEN,   /* another process trains the run, or has ended it meanwhile */
    OUTCOME_STOPPED, /* by a signal; signals_noted() returns which */
    OUTCOME_DIVERGED /* a loss became NaN or infinite, which --terminate-on-nan makes a failure */
} outcome;

#endif
