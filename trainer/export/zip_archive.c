#include "zip_archive.h"

#include <stdint.h>
#include <string.h>
#include <zip.h>

#include "message.h"

enum { FIRST_DAY = 1 << 5 | 1, MIDNIGHT = 0 }; /* in MS-DOS' form: year since 1980, month, day */

static int set_message(char *message, zip_error_t *error)
{
    return message_set(message, "the zip archive cannot be made: %s", zip_error_strerror(error));
}

static int add_member(zip_t *archive, const zip_member *member)
{
    zip_source_t *source = zip_source_buffer(archive, member->data, member->bytes, 0);
    if (source == NULL) {
        return -1;
    }
    const zip_int64_t index = zip_file_add(archive, member->name, source, ZIP_FL_ENC_UTF_8);
    if (index < 0) {
        zip_source_free(source);
        return -1;
    }
    return zip_set_file_compression(archive, (zip_uint64_t)index, ZIP_CM_STORE, 0) != 0 ||
                   zip_file_set_dostime(archive, (zip_uint64_t)index, MIDNIGHT, FIRST_DAY, 0) != 0
               ? -1
               : 0;
}

/* Writes the archive into `target`. */
static int write_archive(zip_source_t *target, const zip_member *members, size_t count,
                         const char *comment, char *message)
{
    zip_error_t error;
    zip_error_init(&error);
    zip_t *archive = zip_open_from_source(target, ZIP_CREATE | ZIP_TRUNCATE, &error);
    if (archive == NULL) {
        const int status = set_message(message, &error);
        zip_error_fini(&error);
        return status;
    }
    zip_source_keep(target); /* the archive releases it when it is closed */
    bool good = zip_set_archive_comment(archive, comment, (zip_uint16_t)strlen(comment)) == 0;
    for (size_t i = 0; i < count && good; i++) {
        good = add_member(archive, &members[i]) == 0;
    }
    if (!good || zip_close(archive) != 0) {
        set_message(message, zip_get_error(archive));
        zip_discard(archive);
        return -1;
    }
    return 0;
}

/* Appends all that was written into `from`. */
static int read_back(zip_source_t *from, file_content *out, char *message)
{
    zip_stat_t stat;
    if (zip_source_stat(from, &stat) != 0 || zip_source_open(from) != 0) {
        return set_message(message, zip_source_error(from));
    }
    uint8_t *place = file_content_extend(out, stat.size);
    const bool whole =
        place != NULL && zip_source_read(from, place, stat.size) == (zip_int64_t)stat.size;
    if (!whole) {
        message_set(message, "no memory for the zip archive");
    }
    zip_source_close(from);
    return whole ? 0 : -1;
}

int zip_archive_make(file_content *out, const zip_member *members, size_t count,
                     const char *comment, char *message)
{
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t *target = zip_source_buffer_create(NULL, 0, 0, &error);
    if (target == NULL) {
        const int status = set_message(message, &error);
        zip_error_fini(&error);
        return status;
    }
    int status = write_archive(target, members, count, comment, message);
    if (status == 0) {
        status = read_back(target, out, message);
    }
    zip_source_free(target);
    return status;
}
