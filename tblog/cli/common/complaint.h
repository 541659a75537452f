/* Error messages, in one form for all commands. */
#ifndef TBLOG_CLI_COMPLAINT_H
#define TBLOG_CLI_COMPLAINT_H

/* Prints the line "tblog COMMAND: SUBJECT: WHY" to standard error. The subject is untrusted and
 * printed as terminal_text; WHY is the formatted text. */
__attribute__((format(printf, 3, 4))) void complaint_print(const char *command, const char *subject,
                                                           const char *why, ...);

/* Prints "tblog COMMAND: SUBJECT: " to standard error, for messages that need more than a
 * format. */
void complaint_begin(const char *command, const char *subject);

#endif
