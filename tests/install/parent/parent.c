/* Logs one point, and has its own functions with the names of some internal functions of tblog. */
#include <stdint.h>
#include <stdio.h>

#include <tblog/tblog.h>

const char *crc32c(void);
const char *png_encode(void);
const char *refuse(void);

const char *crc32c(void)
{
    return "the parent's";
}

const char *png_encode(void)
{
    return "the parent's";
}

const char *refuse(void)
{
    return "the parent's";
}

int main(int argc, char **argv)
{
    tblog_writer *writer;
    if (argc != 2 || tblog_writer_open(&writer, argv[1], NULL) != TBLOG_OK) {
        return 1;
    }
    const uint8_t pixel = 255;
    const tblog_status status = tblog_add_image(writer, "a", 0, &pixel, 1, 1, 1);
    if (tblog_writer_close(writer) != TBLOG_OK || status != TBLOG_OK) {
        return 1;
    }
    printf("%s, %s, %s\n", crc32c(), png_encode(), refuse());
    return 0;
}
