#include "number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool number_parse(const char *text, uint64_t minimum, uint64_t maximum, uint64_t *out)
{
    uint64_t value = 0;
    if (*text == '\0') {
        return false;
    }
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9') {
            return false;
        }
        const uint64_t digit = (uint64_t)(*text - '0');
        if (value > (UINT64_MAX - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    if (value < minimum || value > maximum) {
        return false;
    }
    *out = value;
    return true;
}

bool number_parse_positive_real(const char *text, double *out)
{
    /* strtod alone would take "inf", "nan", "0x1p-3" and a leading space. */
    if (*text == '\0' || strspn(text, "0123456789.eE+-") != strlen(text)) {
        return false;
    }
    char *end;
    const double value = strtod(text, &end);
    if (*end != '\0' || !isfinite(value) || !(value > 0)) {
        return false;
    }
    *out = value;
    return true;
}

void number_format(char out[NUMBER_BYTES], double value)
{
    if (isnan(value)) {
        snprintf(out, NUMBER_BYTES, "nan"); /* printf would tell a sign that means nothing */
    } else if (fabs(value) < 1e4) {
        snprintf(out, NUMBER_BYTES, "%.4f", value);
    } else {
        snprintf(out, NUMBER_BYTES, "%.4g", value);
    }
}
