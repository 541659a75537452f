#include "sign.h"

#include <langinfo.h>
#include <stdbool.h>
#include <string.h>

static bool is_utf8(void)
{
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

const char *sign_times(void)
{
    return is_utf8() ? "×" : "x";
}

const char *sign_plus_minus(void)
{
    return is_utf8() ? "±" : "+/-";
}

int sign_columns(const char *text)
{
    int columns = 0;
    for (; *text != '\0'; text++) {
        columns += ((unsigned char)*text & 0xc0) != 0x80; /* bytes that continue no character */
    }
    return columns;
}
