/* Makes file names from untrusted text: no text leaves its directory, and different texts get
 * different names. */
#ifndef TBLOG_CLI_SAFE_NAME_H
#define TBLOG_CLI_SAFE_NAME_H

enum { SAFE_NAME_BYTES = 200 }; /* of a name, with its NUL */

/* One component of a path. Letters, digits, non-ASCII UTF-8 and "_.+=,-" are kept. Control
 * characters, other bytes, and a "." or "-" at the beginning become %XX. A name that is too long
 * ends with "~" and a hash of the text. */
void safe_name(char name[SAFE_NAME_BYTES], const char *text);

#endif
