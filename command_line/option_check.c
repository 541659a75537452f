#include "option_check.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "suggestion.h"

/* What argp adds to every parser. */
static const struct argp_option built_in_options[] = {{"help", '?', NULL, 0, NULL, 0},
                                                      {"usage", 0, NULL, 0, NULL, 0},
                                                      {"version", 'V', NULL, 0, NULL, 0},
                                                      {0}};
static const struct argp built_in = {.options = built_in_options};

typedef struct arguments {
    const struct argp *parser; /* with the built-in options */
    char **next;               /* the argument under way; NULL ends them */
    const char *program;
    bool of_command; /* otherwise of the program, before any command */
} arguments;

void option_check_print_word(const char *word)
{
    fputc('\'', stderr);
    for (; *word != '\0'; word++) {
        fputc(*word < ' ' || *word > '~' ? '?' : *word, stderr);
    }
    fputc('\'', stderr);
}

error_t option_check_refuse(const struct argp_state *state, const char *format, ...)
{
    va_list values;
    fprintf(stderr, "%s: ", state->name);
    va_start(values, format);
    /* clang-tidy 14 does not see va_start here. */
    vfprintf(stderr, format, values); // NOLINT(clang-analyzer-valist.Uninitialized)
    va_end(values);
    fprintf(stderr, "; '%s --help' explains it\n", state->name);
    return EINVAL;
}

/* The option of that name, or NULL; then *near has considered all names. */
static const struct argp_option *find_long(const struct argp *parser, suggestion *near)
{
    const struct argp_option *option = parser->options;
    for (; option != NULL && (option->name != NULL || option->key != 0); option++) {
        if (option->name == NULL) {
            continue;
        }
        if (strlen(option->name) == near->length &&
            memcmp(option->name, near->wrong, near->length) == 0) {
            return option;
        }
        suggestion_consider(near, option->name);
    }
    const struct argp_option *found = NULL;
    const struct argp_child *child = parser->children;
    for (; found == NULL && child != NULL && child->argp != NULL; child++) {
        found = find_long(child->argp, near);
    }
    return found;
}

static const struct argp_option *find_short(const struct argp *parser, char key)
{
    const struct argp_option *option = parser->options;
    for (; option != NULL && (option->name != NULL || option->key != 0); option++) {
        if (option->key == key) {
            return option;
        }
    }
    const struct argp_option *found = NULL;
    const struct argp_child *child = parser->children;
    for (; found == NULL && child != NULL && child->argp != NULL; child++) {
        found = find_short(child->argp, key);
    }
    return found;
}

static bool refuse_unknown(const arguments *self, const char *word, const suggestion *near)
{
    fprintf(stderr, "%s: unknown option ", self->program);
    option_check_print_word(word);
    if (near->best != NULL) {
        fprintf(stderr, "; did you mean '--%s'?\n", near->best);
    } else if (self->of_command) {
        fprintf(stderr, "; '%s --help' lists the options\n", self->program);
    } else {
        fprintf(stderr, "; options follow the command ('%s --help' lists the commands)\n",
                self->program);
    }
    return false;
}

/* Goes to the option's value, which is the next argument. */
static bool pass_value(arguments *self, const struct argp_option *option, const char *word)
{
    self->next++;
    if (*self->next == NULL) {
        fprintf(stderr, "%s: %s needs a value, %s; '%s --help' explains it\n", self->program, word,
                option->arg, self->program);
        return false;
    }
    return true;
}

/* "--name", "--name value" or "--name=value". */
static bool check_long(arguments *self)
{
    const char *word = *self->next;
    const char *value = strchr(word, '=');
    const size_t length = value == NULL ? strlen(word) : (size_t)(value - word);
    suggestion near = suggestion_for(word + 2, length - 2);
    const struct argp_option *option = find_long(self->parser, &near);
    if (option == NULL) {
        return refuse_unknown(self, word, &near);
    }
    if (option->arg == NULL && value != NULL) {
        fprintf(stderr, "%s: --%s takes no value, but is given ", self->program, option->name);
        option_check_print_word(value + 1);
        fputc('\n', stderr);
        return false;
    }
    return option->arg == NULL || value != NULL || pass_value(self, option, word);
}

/* "-x", "-xyz", "-o value" or "-ovalue". */
static bool check_short(arguments *self)
{
    const char *word = *self->next;
    for (const char *key = word + 1; *key != '\0'; key++) {
        const struct argp_option *option = find_short(self->parser, *key);
        if (option == NULL) {
            suggestion near = suggestion_for(word + 1, strcspn(word + 1, "="));
            const struct argp_option *meant = find_long(self->parser, &near);
            near.best = meant != NULL ? meant->name : near.length > 1 ? near.best : NULL;
            return refuse_unknown(self, word, &near);
        }
        if (option->arg != NULL) { /* the rest of the word, or the next one */
            return key[1] != '\0' || pass_value(self, option, word);
        }
    }
    return true;
}

static bool check(arguments *self)
{
    static char help[] = "--help";
    for (; *self->next != NULL && strcmp(*self->next, "--") != 0; self->next++) {
        const char *word = *self->next;
        if (strcmp(word, "-h") == 0 && find_short(self->parser, 'h') == NULL) {
            *self->next = help;
        } else if (word[0] == '-' && word[1] != '\0' &&
                   !(word[1] == '-' ? check_long(self) : check_short(self))) {
            return false;
        }
    }
    return true;
}

error_t option_check_parse(const struct argp *parser, int argc, char **argv, void *input)
{
    const struct argp_child all[] = {{parser, 0, NULL, 0}, {&built_in, 0, NULL, 0}, {0}};
    const struct argp with_built_in = {.children = all};
    arguments checked = {.parser = &with_built_in,
                         .next = argv + 1,
                         .program = argv[0],
                         .of_command = parser->parser != NULL};
    return check(&checked) ? argp_parse(parser, argc, argv, 0, NULL, input) : EINVAL;
}
