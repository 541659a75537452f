/* Logs texts for check_plain_text.py: write_plain_text DIRECTORY < TEXTS, in which each text ends
 * with a NUL. The first is at step 0. */
#include <stdio.h>
#include <stdlib.h>

#include "tblog/tblog.h"

int main(int argc, char **argv)
{
    tblog_writer *writer;
    if (argc != 2 || tblog_writer_open(&writer, argv[1], NULL) != TBLOG_OK) {
        fprintf(stderr, "write_plain_text: no run could be made\n");
        return 1;
    }
    char *text = NULL;
    size_t capacity = 0;
    tblog_status status = TBLOG_OK;
    for (int64_t step = 0; status == TBLOG_OK && getdelim(&text, &capacity, '\0', stdin) > 0;
         step++) {
        status = tblog_add_plain_text(writer, "text", step, text);
    }
    free(text);
    const tblog_status closed = tblog_writer_close(writer);
    return status == TBLOG_OK && closed == TBLOG_OK ? 0 : 1;
}
