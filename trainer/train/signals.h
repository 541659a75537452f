/* SIGINT, SIGTERM, SIGHUP, SIGUSR1 and SIGUSR2 ask a run to end soon. The run loop checks for them
 * before each chunk of steps (about 50 ms), and the CPU engine also between micro-batches.
 * Schedulers send the last two shortly before a time limit, and TERM to stop a job. */
#ifndef TRAINER_SIGNALS_H
#define TRAINER_SIGNALS_H

/* From now on the first of these signals is noted, and further ones change nothing: a scheduler may
 * signal both a script and its program. But a second SIGINT, at least a second after the first,
 * ends the process immediately. A signal that the parent ignores (nohup) stays ignored.
 *
 * SIGPIPE and SIGXFSZ are ignored from now on. So a run continues if the reader of its progress
 * ends, and a file that has reached its size limit is a failed write, as on a full disk. */
void signals_install(void);

/* The signal that was noted, or 0. */
int signals_noted(void);

/* "SIGTERM" and so on, of the signal that was noted; "" for none. */
const char *signals_name(void);

#endif
