/* MUST_CHECK, in front of a function's declaration: the compiler warns about a caller that ignores
 * the result. Every function whose failure the caller must handle has it. */
#ifndef TRAINER_MUST_CHECK_H
#define TRAINER_MUST_CHECK_H

#define MUST_CHECK __attribute__((warn_unused_result))

#endif
