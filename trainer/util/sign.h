/* The signs beyond ASCII in the program's own words, as the locale allows (LC_CTYPE, which main
 * sets). */
#ifndef TRAINER_SIGN_H
#define TRAINER_SIGN_H

/* A sign of the program's words: UTF-8 if the locale is UTF-8, else ASCII. Constant text. */
const char *sign_times(void); /* × or x */

#endif
