#include "exit_status.h"

enum exit_status worse_status(enum exit_status left, enum exit_status right)
{
    if (left == EXIT_STATUS_FAILED || right == EXIT_STATUS_FAILED) {
        return EXIT_STATUS_FAILED;
    }
    return left == EXIT_STATUS_DONE ? right : left;
}
