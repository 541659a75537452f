#include "number.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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

bool number_parse_bytes(const char *text, uint64_t *out)
{
    static const struct {
        const char *name;
        uint64_t bytes;
    } units[] = {
        {"B", 1},
        {"kB", 1000},
        {"MB", 1000000},
        {"GB", 1000000000},
        {"TB", 1000000000000},
        {"K", 1ull << 10},
        {"M", 1ull << 20},
        {"G", 1ull << 30},
        {"T", 1ull << 40},
        {"KiB", 1ull << 10},
        {"MiB", 1ull << 20},
        {"GiB", 1ull << 30},
        {"TiB", 1ull << 40},
    };
    char digits[24];
    const size_t length = strspn(text, "0123456789");
    if (length >= sizeof digits) {
        return false;
    }
    memcpy(digits, text, length);
    digits[length] = '\0';
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        uint64_t count;
        if (strcasecmp(text + length, units[i].name) == 0) {
            if (!number_parse(digits, 1, UINT64_MAX / units[i].bytes, &count)) {
                return false;
            }
            *out = count * units[i].bytes;
            return true;
        }
    }
    return false;
}

void number_format(char out[NUMBER_BYTES], double value)
{
    if (isnan(value)) {
        snprintf(out, NUMBER_BYTES, "nan"); /* printf would print a meaningless sign */
    } else if (fabs(value) < 1e4) {
        snprintf(out, NUMBER_BYTES, "%.4f", value);
    } else {
        snprintf(out, NUMBER_BYTES, "%.4g", value);
    }
}

void number_format_exact(char out[NUMBER_BYTES], double value)
{
    /* The program leaves LC_NUMERIC at "C", so the decimal point is a point. */
    for (int digits = 1; digits <= DBL_DECIMAL_DIG; digits++) {
        snprintf(out, NUMBER_BYTES, "%.*g", digits, value);
        if (strtod(out, NULL) == value) {
            return;
        }
    }
}
