#include "run_options_lists.h"

#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "number.h"
#include "option_value.h"

#define OTHER_SEPARATORS " \t;" /* that users try instead of a comma */

enum { LIST_BYTES = 2048 };

/* Appends an item of a list to what was taken before. */
typedef error_t append_item(const struct argp_state *state, run_options *options, const char *item);

/* Takes the list of `option` item by item; `example` is for messages. */
static error_t take_list(const struct argp_state *state, const char *option, const char *text,
                         append_item *append, const char *example)
{
    char copy[LIST_BYTES];
    size_t count = 0;
    if (strlen(text) >= sizeof copy) {
        return option_wrong(state, "%s: the list is too long", option);
    }
    snprintf(copy, sizeof copy, "%s", text);
    for (char *item = copy, *next; item != NULL; item = next) {
        next = strchr(item, ',');
        if (next != NULL) {
            *next++ = '\0';
        }
        if (count++ == RUN_OPTIONS_MAX_ITEMS) {
            return option_wrong(state, "%s: more than %d numbers", option, RUN_OPTIONS_MAX_ITEMS);
        }
        if (*item == '\0' || strpbrk(item, OTHER_SEPARATORS) != NULL) {
            return option_wrong(state,
                                "%s: \"%s\" is not a list of numbers: separate them by commas "
                                "without blanks, as in %s",
                                option, text, example);
        }
        const error_t error = append(state, state->input, item);
        if (error != 0) {
            return error;
        }
    }
    return 0;
}

static error_t append_batch_size(const struct argp_state *state, run_options *options,
                                 const char *item)
{
    uint32_t *slot = &options->batch_sizes[options->batch_size_count];
    const error_t error = option_take_u32(state, "--batch-sizes", item, UINT32_MAX, slot);
    if (error != 0) {
        return error;
    }
    for (size_t i = 0; i < options->batch_size_count; i++) {
        if (options->batch_sizes[i] == *slot) {
            return option_wrong(state, "--batch-sizes: %s is given twice", item);
        }
    }
    options->batch_size_count++;
    return 0;
}

static error_t append_learning_rate(const struct argp_state *state, run_options *options,
                                    const char *item)
{
    const char *option = options->learning_rate_option;
    double rate = 0;
    if (!number_parse_positive_real(item, &rate)) {
        return option_wrong(state, "%s: \"%s\" is not a positive number such as 0.001", option,
                            item);
    }
    if (!learning_rate_is_usable(rate)) {
        return option_wrong(state, "%s: %s is too %s for a 32-bit float", option, item,
                            rate < 1 ? "small" : "large");
    }
    for (size_t i = 0; i < options->learning_rate_count; i++) {
        if (options->learning_rates[i] == rate) {
            return option_wrong(state, "%s: %s is given twice", option, item);
        }
    }
    options->learning_rates[options->learning_rate_count++] = rate;
    return 0;
}

/* --learning-rate or --learning-rates, but not both. Of the same option the last one counts. */
static error_t begin_learning_rates(const struct argp_state *state, run_options *options,
                                    const char *option)
{
    if (options->learning_rate_option != NULL &&
        strcmp(options->learning_rate_option, option) != 0) {
        return option_wrong(state, "--learning-rate and --learning-rates exclude each other");
    }
    options->learning_rate_option = option;
    options->learning_rate_count = 0;
    return 0;
}

error_t run_options_take_learning_rate(const struct argp_state *state, run_options *options,
                                       const char *text)
{
    const error_t error = begin_learning_rates(state, options, "--learning-rate");
    return error != 0 ? error : append_learning_rate(state, options, text);
}

error_t run_options_take_learning_rates(const struct argp_state *state, run_options *options,
                                        const char *text)
{
    static const char option[] = "--learning-rates";
    const error_t error = begin_learning_rates(state, options, option);
    return error != 0 ? error
                      : take_list(state, option, text, append_learning_rate, "0.0005,0.001,0.002");
}

error_t run_options_take_batch_sizes(const struct argp_state *state, run_options *options,
                                     const char *text)
{
    options->batch_size_count = 0;
    return take_list(state, "--batch-sizes", text, append_batch_size, "64,32,16");
}
