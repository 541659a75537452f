/* Like argp_parse, but options must be written in full, and each mistake gets one line.
 *
 * argp takes any unambiguous beginning of an option for the option, so that "sweep --batch-size 8"
 * would set --batch-sizes, and a script would break when an option is added. It has no switch for
 * that, so the arguments are checked before argp sees them. */
#ifndef COMMAND_LINE_OPTION_CHECK_H
#define COMMAND_LINE_OPTION_CHECK_H

#include <argp.h>

/* Parses as argp_parse without flags does, and takes -h for --help if the parser has no -h.
 * EINVAL after one line on stderr for an option that is unknown or abbreviated, that lacks its
 * value, or has one that it does not take; argv[0] is the name that the line begins with.
 * If `parser` has no parser function, it is the program's own, and options belong to commands. */
__attribute__((warn_unused_result)) error_t option_check_parse(const struct argp *parser, int argc,
                                                               char **argv, void *input);

/* For a parser: one line on stderr, printf-like, about an argument that it refuses, with where to
 * read more. Always returns EINVAL. argp_error would print two lines, and end the process. */
__attribute__((format(printf, 2, 3))) error_t option_check_refuse(const struct argp_state *state,
                                                                  const char *format, ...);

/* Prints a word of the command line on stderr, between quotes. Options and commands have only
 * printable ASCII, so all other characters are printed as '?': they could control a terminal. */
void option_check_print_word(const char *word);

#endif
