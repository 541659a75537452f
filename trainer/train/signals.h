/* SIGINT, SIGTERM, SIGHUP, SIGUSR1 and SIGUSR2 ask a run to end soon; whoever trains asks here. The
 * run loop does before each chunk of steps (about 50 ms), and the engine between micro-batches if it
 * can. Schedulers send the last two when a time limit is near, and TERM to stop. */
#ifndef TRAINER_SIGNALS_H
#define TRAINER_SIGNALS_H

/* From now on the first of these signals is noted and further ones change nothing, because a
 * scheduler may signal a script and its program, so that two arrive. But a second SIGINT, a second or
 * more after the first, ends the process immediately: a user insists. A signal that the parent
 * ignores (nohup) stays ignored. SIGPIPE is ignored from now on: a reader of the progress who leaves
 * does not end a run. So is SIGXFSZ: a file that may not grow further is a write that fails, as on a
 * full disk. */
void signals_install(void);

/* The signal that was noted, or 0. */
int signals_noted(void);

/* "SIGTERM" and so on, of the signal that was noted; "" for none. */
const char *signals_name(void);

#endif
