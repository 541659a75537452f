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
