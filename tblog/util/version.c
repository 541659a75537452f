#include "refusal.h"
#include "version_text.h"

const char *tblog_version(void)
{
    return VERSION_TEXT;
}

int tblog_version_number(void)
{
    return TBLOG_VERSION_NUMBER;
}

/* Equal for all versions between which the interface only grows. */
static int interface_of(int version_number)
{
    const int minors = version_number / 1000;
    return minors < 1000 ? minors : minors / 1000 * 1000;
}

tblog_status tblog_check_version_of(int version_number)
{
    refusal_begin(NULL);
    const bool is_served = interface_of(version_number) == interface_of(TBLOG_VERSION_NUMBER) &&
                           version_number <= TBLOG_VERSION_NUMBER;
    if (!admit(is_served,
               "the program was compiled with tblog %d.%d.%d, but the library is " VERSION_TEXT,
               version_number / 1000000, version_number / 1000 % 1000, version_number % 1000)) {
        return TBLOG_INVALID;
    }
    return TBLOG_OK;
}
