#include "tblog/tblog.h"

const char *tblog_status_string(tblog_status status)
{
    switch (status) {
    case TBLOG_OK:
        return "success";
    case TBLOG_END:
        return "no further record";
    case TBLOG_TRUNCATED:
        return "the file ends inside a record";
    case TBLOG_DAMAGED:
        return "the file is damaged";
    case TBLOG_INVALID:
        return "an argument is not valid";
    case TBLOG_NO_MEMORY:
        return "out of memory";
    case TBLOG_IO:
        return "the system refused an operation on the file";
    case TBLOG_FULL:
        return "the queue of events to be written is full";
    }
    return "unknown status";
}
