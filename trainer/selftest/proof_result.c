#include "proof_result.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "printable.h"

#define LINE_START "Verdict: "

static const char *const words[] = {
    [PROOF_PASSED] = "passed",           [PROOF_FAILED] = "failed",
    [PROOF_NO_MEMORY] = "out of memory", [PROOF_UNAVAILABLE] = "not available",
    [PROOF_UNUSABLE] = "not usable",     [PROOF_STOPPED] = "stopped",
};

proof_result proof_result_make(proof_verdict verdict, const char *format, ...)
{
    proof_result result = {.verdict = verdict};
    char text[MESSAGE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    printable_copy(result.reason, sizeof result.reason, text);
    return result;
}

void proof_result_format(char line[PROOF_RESULT_LINE_BYTES], const proof_result *result)
{
    snprintf(line, PROOF_RESULT_LINE_BYTES, "\n" LINE_START "%s%s%s\n", words[result->verdict],
             result->reason[0] != '\0' ? ": " : "", result->reason);
}

/* The start of the last line that begins so, or NULL. */
static const char *last_line(const char *report)
{
    const char *found = NULL;
    for (const char *at = report; (at = strstr(at, "\n" LINE_START)) != NULL; at++) {
        found = at + strlen("\n" LINE_START);
    }
    return found;
}

bool proof_result_parse(proof_result *out, const char *report)
{
    const char *line = last_line(report);
    const char *end = line != NULL ? strchr(line, '\n') : NULL;
    for (size_t i = 0; end != NULL && i < sizeof words / sizeof words[0]; i++) {
        const size_t length = strlen(words[i]);
        if (strncmp(line, words[i], length) == 0) {
            const char *reason = line[length] == ':' ? line + length + strlen(": ") : end;
            *out = proof_result_make((proof_verdict)i, "%.*s", (int)(end - reason), reason);
            return true;
        }
    }
    return false;
}
