/* SIGINT, SIGTERM and SIGHUP ask a run to end at its next pause; whoever trains asks here. */
#ifndef TRAINER_SIGNALS_H
#define TRAINER_SIGNALS_H

/* From now on the first of these signals is noted. A second one has its default action, so that
 * a user who insists is obeyed. A signal that the parent ignores (nohup) stays ignored.
 * SIGPIPE is ignored from now on: a reader of the progress who leaves does not end a run. So is
 * SIGXFSZ: a file that may not grow further is a write that fails, as on a full disk. */
void signals_install(void);

/* The signal that was noted, or 0. */
int signals_noted(void);

#endif
