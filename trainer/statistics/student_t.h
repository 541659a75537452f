/* Student's t distribution, central and not. Degrees of freedom are positive and need not be whole,
 * as Welch's test has them. */
#ifndef TRAINER_STUDENT_T_H
#define TRAINER_STUDENT_T_H

/* The probability of a value at least as far from 0 as `t`, on either side. NaN gives NaN. */
double student_t_tails(double t, double freedom);

/* The distance from 0 beyond which the probability, of both sides together, is `tails` (above 0, at
 * most 1). */
double student_t_bound(double tails, double freedom);

/* The power of a test: the probability that |t| is at least `bound` if the true mean is `shift`
 * standard errors. */
double student_t_power(double shift, double freedom, double bound);

#endif
