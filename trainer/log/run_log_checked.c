#include "run_log_checked.h"

#include "message.h"

int run_log_checked(tblog_writer *writer, tblog_status status, char *message)
{
    if (status == TBLOG_OK) {
        return 0;
    }
    const char *cause = tblog_writer_message(writer);
    if (cause[0] != '\0') {
        return message_set(message, "the event file cannot be written: %s", cause);
    }
    return message_set(message, "the event file cannot be written: %s: %s",
                       tblog_status_string(status), tblog_writer_path(writer));
}
