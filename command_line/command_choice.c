#include "command_choice.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "option_check.h"
#include "suggestion.h"

static char help_option[] = "--help";

static bool asks_for_help(const char *word)
{
    static const char *const words[] = {"help", "--help", "-h", "-?"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(word, words[i]) == 0) {
            return true;
        }
    }
    return false;
}

static int entry_columns(const command_entry *entry)
{
    return (int)(strlen(entry->name) + 1 + strlen(entry->arguments));
}

static void print_documentation(FILE *out, const command_program *program)
{
    const command_entry *entry;
    int widest = 0;
    for (size_t i = 0; (entry = program->command_at(i)) != NULL; i++) {
        widest = entry_columns(entry) > widest ? entry_columns(entry) : widest;
    }
    fprintf(out, "%s\vCommands:\n", program->purpose);
    for (size_t i = 0; (entry = program->command_at(i)) != NULL; i++) {
        const int width = widest - (int)strlen(entry->name) - 1;
        fprintf(out, "  %s %-*s  %s\n", entry->name, width, entry->arguments, entry->summary);
    }
    fprintf(out, "\n'%s help COMMAND' explains a command and its options.\n\n%s", program->name,
            program->notes);
}

/* --help, --version, --usage, or an option that only a command has. Most of them end the
 * process. */
static void parse_options(const command_program *program, int argc, char **argv)
{
    char *documentation = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&documentation, &bytes);
    if (out != NULL) {
        print_documentation(out, program);
        fclose(out);
    }
    const struct argp parser = {.args_doc = "COMMAND [ARGUMENT...]", .doc = documentation};
    (void)!option_check_parse(&parser, argc, argv, NULL);
    free(documentation);
}

static void print_commands(const command_program *program)
{
    const command_entry *entry;
    fputs("; commands: ", stderr);
    for (size_t i = 0; (entry = program->command_at(i)) != NULL; i++) {
        fprintf(stderr, "%s%s", i == 0 ? "" : ", ", entry->name);
    }
    fprintf(stderr, " ('%s --help' explains them)\n", program->name);
}

static bool find_command(const command_program *program, const char *word, size_t *out)
{
    const command_entry *entry;
    suggestion near = suggestion_for(word, strlen(word));
    suggestion_consider(&near, "help");
    for (size_t i = 0; (entry = program->command_at(i)) != NULL; i++) {
        if (strcmp(word, entry->name) == 0) {
            *out = i;
            return true;
        }
        suggestion_consider(&near, entry->name);
    }
    fprintf(stderr, "%s: unknown command ", program->name);
    option_check_print_word(word);
    if (near.best != NULL) {
        fprintf(stderr, "; did you mean '%s'?\n", near.best);
    } else {
        print_commands(program);
    }
    return false;
}

bool command_choose(const command_program *program, int argc, char **argv, command_choice *out)
{
    int at = 1;
    while (at < argc && asks_for_help(argv[at])) {
        at++;
    }
    const bool wants_help = at > 1;
    if (at < argc && strcmp(argv[at], "--") == 0) {
        at++;
    }
    if (at < argc && (argv[at][0] != '-' || argv[at][1] == '\0')) {
        if (!find_command(program, argv[at], &out->command)) {
            return false;
        }
        snprintf(out->name, sizeof out->name, "%s %s", program->name, argv[at]);
        argv[at] = out->name;
        out->question[0] = out->name;
        out->question[1] = help_option;
        out->question[2] = NULL;
        out->argc = wants_help ? 2 : argc - at;
        out->argv = wants_help ? out->question : argv + at;
        return true;
    }
    if (wants_help) {
        char *question[] = {argv[0], help_option, NULL};
        parse_options(program, 2, question);
    } else if (at < argc) {
        parse_options(program, argc, argv);
    } else {
        fprintf(stderr, "%s: no command", program->name);
        print_commands(program);
    }
    return false;
}
