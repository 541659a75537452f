/* Files, and bytes in memory, as sources of bytes: plain, or gzipped and inflated on the way.
 *
 * zlib's gzread would accept plain data and skip garbage after a gzip member. So this file calls
 * inflate itself, and accepts only complete gzip members with correct checksums, up to the file's
 * end. */
#include "dataset_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { INPUT_BYTES = 64 * 1024, ANY_GZIP = 15 + 16 /* windowBits: largest window, gzip only */ };

/* What is stored, packed or not: a file, or bytes in memory. */
typedef struct stored_bytes {
    ptrdiff_t (*read)(dataset_source *source, uint8_t *to,
                      size_t bytes); /* as dataset_source.read */
    int descriptor;                  /* -1 for none */
    const uint8_t *held;             /* the bytes in memory that were not read yet */
    size_t held_bytes;
} stored_bytes;

typedef struct file_state {
    stored_bytes stored;
    bool gzipped;
    /* The rest is used only when gzipped. */
    bool begun;           /* the file's start was seen to be gzip data */
    bool between_members; /* a member has ended, and the next one has not begun */
    z_stream stream;
    uint8_t input[INPUT_BYTES];
} file_state;

static ptrdiff_t read_file(dataset_source *source, uint8_t *to, size_t bytes)
{
    const file_state *file = source->state;
    ssize_t got;
    do {
        got = read(file->stored.descriptor, to, bytes);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return dataset_fail_system(source->message, source->name, errno);
    }
    return got;
}

static ptrdiff_t read_held(dataset_source *source, uint8_t *to, size_t bytes)
{
    file_state *file = source->state;
    stored_bytes *stored = &file->stored;
    const size_t got = bytes < stored->held_bytes ? bytes : stored->held_bytes;
    memcpy(to, stored->held, got);
    stored->held += got;
    stored->held_bytes -= got;
    return (ptrdiff_t)got;
}

/* The file's first bytes, as many as the first read brought: are they gzip data? */
static int check_start(dataset_source *source, size_t bytes)
{
    file_state *file = source->state;
    file->begun = true;
    if (dataset_content_is_gzip(file->input, bytes)) {
        return 0;
    }
    if (dataset_content_is_idx(file->input, bytes)) {
        return dataset_fail(source->message, source->name,
                            "is plain IDX, not gzip data: take .gz off its name");
    }
    return dataset_refuse_content(source->message, source->name, "gzip data", file->input,
                                  bytes < DATASET_HEAD_BYTES ? bytes : DATASET_HEAD_BYTES);
}

/* Makes sure that inflate has input. 1, 0 at the proper end of the data, or -1. */
static int refill(dataset_source *source)
{
    file_state *file = source->state;
    if (file->stream.avail_in == 0) {
        const ptrdiff_t got = file->stored.read(source, file->input, sizeof file->input);
        if (got < 0 || (!file->begun && check_start(source, (size_t)got) != 0)) {
            return -1;
        }
        if (got == 0 && !file->between_members) {
            return dataset_fail(source->message, source->name,
                                "is truncated: the file ends inside its gzip data");
        }
        if (got == 0) {
            return 0;
        }
        file->stream.next_in = file->input;
        file->stream.avail_in = (uInt)got;
    }
    if (file->between_members) {
        if (*file->stream.next_in != 0x1f) {
            return dataset_fail(source->message, source->name, "has garbage after its gzip data");
        }
        inflateReset(&file->stream);
        file->between_members = false;
    }
    return 1;
}

static ptrdiff_t read_gzipped(dataset_source *source, uint8_t *to, size_t bytes)
{
    file_state *file = source->state;
    const size_t wanted = bytes < INPUT_BYTES ? bytes : INPUT_BYTES;
    for (;;) {
        const int more = refill(source);
        if (more <= 0) {
            return more;
        }
        file->stream.next_out = to;
        file->stream.avail_out = (uInt)wanted;
        const int status = inflate(&file->stream, Z_NO_FLUSH);
        if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) {
            const char *reason = file->stream.msg != NULL ? file->stream.msg : zError(status);
            return dataset_fail(source->message, source->name, "is not whole gzip data (%s)",
                                reason);
        }
        file->between_members = status == Z_STREAM_END;
        const size_t got = wanted - file->stream.avail_out;
        if (got > 0) {
            return (ptrdiff_t)got;
        }
    }
}

static void close_file(dataset_source *source)
{
    file_state *file = source->state;
    if (file->gzipped) {
        inflateEnd(&file->stream);
    }
    if (file->stored.descriptor >= 0) {
        close(file->stored.descriptor);
    }
    free(file);
}

/* A source that closes what is stored. 0, or -1 after writing the message, and then it is open. */
static int open_stored(dataset_source *out, const stored_bytes *stored, const char *name,
                       bool gzipped, char *message)
{
    file_state *file = calloc(1, sizeof *file);
    if (file == NULL) {
        return dataset_fail(message, name, "no memory for a read buffer");
    }
    file->stored = *stored;
    file->gzipped = gzipped;
    if (gzipped && inflateInit2(&file->stream, ANY_GZIP) != Z_OK) {
        free(file);
        return dataset_fail(message, name, "no memory to inflate it");
    }
    *out = (dataset_source){.name = name,
                            .message = message,
                            .state = file,
                            .read = gzipped ? read_gzipped : stored->read,
                            .close = close_file};
    return 0;
}

int dataset_file_open(dataset_source *out, const char *path, bool gzipped, char *message)
{
    /* Without O_NONBLOCK a named pipe would keep open() waiting for a writer. */
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) {
        return dataset_fail_system(message, path, errno);
    }
    struct stat status;
    if (fstat(descriptor, &status) != 0) {
        dataset_fail_system(message, path, errno);
        goto failed;
    }
    if (!S_ISREG(status.st_mode)) {
        dataset_fail(message, path, "is %s, not a file",
                     S_ISDIR(status.st_mode) ? "a directory" : "a device or pipe");
        goto failed;
    }
    const stored_bytes stored = {.read = read_file, .descriptor = descriptor};
    if (open_stored(out, &stored, path, gzipped, message) == 0) {
        return 0;
    }

failed:
    close(descriptor);
    return -1;
}

int dataset_memory_open(dataset_source *out, const uint8_t *bytes, size_t count, const char *name,
                        bool gzipped, char *message)
{
    const stored_bytes stored = {
        .read = read_held, .descriptor = -1, .held = bytes, .held_bytes = count};
    return open_stored(out, &stored, name, gzipped, message);
}
