/* What a command complains of, in the one form that all commands share. */
#ifndef TBLOG_CLI_COMPLAINT_H
#define TBLOG_CLI_COMPLAINT_H

/* "tblog COMMAND: SUBJECT: WHY" as a line on standard error. The subject, often a name from
 * outside, is printed as terminal_text; WHY is of the format. */
__attribute__((format(printf, 3, 4))) void complaint_print(const char *command, const char *subject,
                                                           const char *why, ...);

/* "tblog COMMAND: SUBJECT: " on standard error: for what needs more than a format. */
void complaint_begin(const char *command, const char *subject);

#endif
