#include "option_value.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "number.h"

enum { NAMES_BYTES = 256 };

error_t option_wrong(const struct argp_state *state, const char *format, ...)
{
    va_list arguments;
    fprintf(stderr, "%s: ", state->name);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    return EINVAL;
}

error_t option_unexpected(const struct argp_state *state, const char *argument)
{
    return option_wrong(state,
                        "unexpected argument \"%s\": only options are taken; '%s --help' lists "
                        "them",
                        argument, state->name);
}

error_t option_take_number(const struct argp_state *state, const char *option, const char *text,
                           uint64_t minimum, uint64_t maximum, uint64_t *out)
{
    if (!number_parse(text, minimum, maximum, out)) {
        return option_wrong(state, "%s: \"%s\" is not a whole number from %" PRIu64 " to %" PRIu64,
                            option, text, minimum, maximum);
    }
    return 0;
}

error_t option_take_u32(const struct argp_state *state, const char *option, const char *text,
                        uint32_t maximum, uint32_t *out)
{
    uint64_t value = 0;
    const error_t error = option_take_number(state, option, text, 1, maximum, &value);
    if (error == 0) {
        *out = (uint32_t)value;
    }
    return error;
}

error_t option_take_name(const struct argp_state *state, const char *option, const char *text,
                         const char **out)
{
    if (*text == '\0') {
        return option_wrong(state, "%s: the name is empty", option);
    }
    *out = text;
    return 0;
}

error_t option_take_model(const struct argp_state *state, const char *text, const char **out)
{
    if (*out != NULL) {
        return option_wrong(state, "unexpected argument \"%s\": only one MODEL is taken", text);
    }
    return option_take_name(state, "MODEL", text, out);
}

error_t option_check_model(const struct argp_state *state, const char *model)
{
    return model != NULL
               ? 0
               : option_wrong(state,
                              "MODEL is missing: give a run's directory or a .safetensors file");
}

error_t option_take_engine(const struct argp_state *state, const char *text, const char **out)
{
    char names[NAMES_BYTES] = "auto";
    *out = text;
    if (strcmp(text, names) == 0) {
        return 0;
    }
    for (size_t i = 0; engine_list[i] != NULL; i++) {
        const size_t used = strlen(names);
        if (strcmp(text, engine_list[i]->name) == 0) {
            return 0;
        }
        snprintf(names + used, sizeof names - used, "%s%s",
                 engine_list[i + 1] == NULL ? " or " : ", ", engine_list[i]->name);
    }
    return option_wrong(state, "--engine: \"%s\" is not %s", text, names);
}

error_t option_take_precision(const struct argp_state *state, const char *text,
                              engine_precision *out)
{
    if (engine_precision_find(text, out)) {
        return 0;
    }
    return option_wrong(state, "--precision: \"%s\" is not fp32, tf32 or bf16", text);
}
