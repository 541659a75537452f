/* Names of files from texts of strangers: no text leads out of its directory, and no two become one
 * name. */
#ifndef TBLOG_CLI_SAFE_NAME_H
#define TBLOG_CLI_SAFE_NAME_H

enum { SAFE_NAME_BYTES = 200 }; /* of a name, with its NUL */

/* One name of a path. Letters, digits, what is UTF-8 and not ASCII, and "_.+=,-" stay; control
 * characters, other bytes, and a "." or "-" at the beginning, become %XX. A name that grows too
 * long ends with "~" and a hash of the whole text. */
void safe_name(char name[SAFE_NAME_BYTES], const char *text);

#endif
