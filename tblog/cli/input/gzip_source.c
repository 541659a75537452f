#include "gzip_source.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <zlib.h>

#include "temporary_file.h"

enum { BLOCK_BYTES = 64 * 1024 };

typedef struct gzip_source {
    record_source base;
    record_source *packed;
    uint64_t packed_at; /* the offset in `packed` to read next */
    uint8_t input[BLOCK_BYTES];
    z_stream stream;
    bool between_members;
    const char *problem;
    temporary_file inflated;
} gzip_source;

/* ---- Inflating ---- */

static ssize_t fail(gzip_source *source, const char *problem)
{
    source->problem = problem;
    errno = EBADMSG;
    return -1;
}

/* Reads on in the gzip file if none of its bytes are left to inflate. As read(). */
static ssize_t fill_input(gzip_source *source)
{
    if (source->stream.avail_in > 0) {
        return 1;
    }
    const ssize_t count =
        source->packed->read_at(source->packed, source->input, BLOCK_BYTES, source->packed_at);
    if (count > 0) {
        source->packed_at += (uint64_t)count;
        source->stream.next_in = source->input;
        source->stream.avail_in = (uInt)count;
    }
    return count;
}

/* Inflates the next bytes into the temporary file. 1, 0 at the end, -1 with errno. */
static ssize_t inflate_some(gzip_source *source)
{
    uint8_t output[BLOCK_BYTES];
    z_stream *stream = &source->stream;
    const ssize_t count = fill_input(source);
    if (count < 0) {
        return count;
    }
    if (count == 0) {
        return source->between_members ? 0 : fail(source, "the gzip file is cut off");
    }
    if (source->between_members) {
        inflateReset(stream);
        source->between_members = false;
    }
    stream->next_out = output;
    stream->avail_out = BLOCK_BYTES;
    const int result = inflate(stream, Z_NO_FLUSH);
    if (!temporary_file_append(&source->inflated, output, BLOCK_BYTES - stream->avail_out) ||
        !temporary_file_flush(&source->inflated)) {
        return -1;
    }
    if (result == Z_MEM_ERROR) {
        errno = ENOMEM;
        return -1;
    }
    source->between_members = result == Z_STREAM_END;
    return result == Z_OK || result == Z_STREAM_END ? 1 : fail(source, "the gzip file is damaged");
}

/* ---- The source ---- */

static ssize_t gzip_source_read_at(record_source *self, void *data, size_t bytes, uint64_t offset)
{
    gzip_source *source = (gzip_source *)self;
    source->problem = NULL;
    while (source->inflated.bytes <= offset) {
        const ssize_t more = inflate_some(source);
        if (more <= 0) {
            return more;
        }
    }
    return temporary_file_read(&source->inflated, data, bytes, offset);
}

static const char *gzip_source_problem(record_source *self)
{
    return ((gzip_source *)self)->problem;
}

static void gzip_source_close(record_source *self)
{
    gzip_source *source = (gzip_source *)self;
    inflateEnd(&source->stream);
    temporary_file_close(&source->inflated);
    source->packed->close(source->packed);
    free(source);
}

bool gzip_source_fits(record_source *packed)
{
    static const uint8_t magic[] = {0x1f, 0x8b, Z_DEFLATED};
    for (size_t i = 0; i < sizeof magic; i++) {
        uint8_t byte;
        if (packed->read_at(packed, &byte, 1, i) != 1 || byte != magic[i]) {
            return false;
        }
    }
    return true;
}

/* For zlib: the largest window, and gzip's header and checksum. */
enum { WINDOW_BITS = MAX_WBITS + 16 };

record_source *gzip_source_open(record_source *packed)
{
    gzip_source *source = calloc(1, sizeof *source);
    if (source == NULL || inflateInit2(&source->stream, WINDOW_BITS) != Z_OK) {
        errno = ENOMEM;
    } else if (temporary_file_open(&source->inflated)) {
        source->packed = packed;
        source->base = (record_source){.read_at = gzip_source_read_at,
                                       .problem = gzip_source_problem,
                                       .close = gzip_source_close};
        return &source->base;
    }
    const int cause = errno;
    if (source != NULL) {
        inflateEnd(&source->stream);
    }
    free(source);
    packed->close(packed);
    errno = cause;
    return NULL;
}

bool is_gzip_source(const record_source *source)
{
    return source->read_at == gzip_source_read_at;
}
