#include "csv.h"

#include <math.h>
#include <string.h>

void csv_print_text(FILE *stream, const char *text)
{
    if (strpbrk(text, ",\"\r\n") == NULL) {
        fputs(text, stream);
        return;
    }
    putc('"', stream);
    for (; *text != '\0'; text++) {
        if (*text == '"') {
            putc('"', stream); /* a quote inside is doubled */
        }
        putc(*text, stream);
    }
    putc('"', stream);
}

void csv_print_number(FILE *stream, double number, int digits)
{
    if (isnan(number)) {
        fputs("NaN", stream);
    } else if (isinf(number)) {
        fputs(number > 0 ? "Infinity" : "-Infinity", stream);
    } else {
        fprintf(stream, "%.*g", digits, number);
    }
}
