/* tblog.h's version as text. */
#ifndef TBLOG_VERSION_TEXT_H
#define TBLOG_VERSION_TEXT_H

#include "tblog/tblog.h"

#define VERSION_TEXT_QUOTED(number) #number
#define VERSION_TEXT_DOTTED(major, minor, patch)                                                   \
    VERSION_TEXT_QUOTED(major) "." VERSION_TEXT_QUOTED(minor) "." VERSION_TEXT_QUOTED(patch)

#define VERSION_TEXT                                                                               \
    VERSION_TEXT_DOTTED(TBLOG_VERSION_MAJOR, TBLOG_VERSION_MINOR, TBLOG_VERSION_PATCH)

#endif
