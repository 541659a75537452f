/* The characters beyond ASCII that the program prints, if the locale allows them (LC_CTYPE, which
 * main sets). */
#ifndef TRAINER_SIGN_H
#define TRAINER_SIGN_H

/* UTF-8 if the locale is UTF-8, else ASCII. Static text. */
const char *sign_times(void); /* × or x */

#endif
