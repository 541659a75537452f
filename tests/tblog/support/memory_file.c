#include "memory_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef struct memory_sink {
    record_sink base;
    memory_file *file;
} memory_sink;

typedef struct memory_source {
    record_source base;
    memory_file *file;
} memory_source;

void memory_file_init(memory_file *file)
{
    *file = (memory_file){.fail_from = SIZE_MAX, .transfer_max = SIZE_MAX, .disk_bytes = SIZE_MAX};
    pthread_mutex_init(&file->mutex, NULL);
    pthread_cond_init(&file->changed, NULL);
}

void memory_file_free(memory_file *file)
{
    pthread_mutex_destroy(&file->mutex);
    pthread_cond_destroy(&file->changed);
    free(file->data);
}

/* Counts a call. Returns whether it fails, with errno set. */
static bool fails(memory_file *file)
{
    const size_t call = file->calls++;
    if (call < file->fail_from || call >= file->fail_until) {
        return false;
    }
    errno = file->fail_errno;
    return true;
}

static int fault(const memory_file *file)
{
    return file->fail_errno == 0 ? 0 : -1;
}

static void grow(memory_file *file, size_t size)
{
    if (size > file->capacity) {
        file->capacity = 2 * size;
        file->data = realloc(file->data, file->capacity);
        if (file->data == NULL) {
            abort();
        }
    }
    if (size > file->size) {
        memset(file->data + file->size, 0, size - file->size);
        file->size = size;
    }
}

static ssize_t write_at(record_sink *self, const void *data, size_t bytes, uint64_t offset)
{
    memory_file *file = ((memory_sink *)self)->file;
    ssize_t result = -1;
    pthread_mutex_lock(&file->mutex);
    if (fails(file)) {
        result = fault(file);
    } else if (offset >= file->disk_bytes) {
        errno = ENOSPC;
    } else {
        size_t count = bytes < file->transfer_max ? bytes : file->transfer_max;
        if (count > file->disk_bytes - (size_t)offset) {
            count = file->disk_bytes - (size_t)offset;
        }
        grow(file, (size_t)offset + count);
        memcpy(file->data + offset, data, count);
        file->writes++;
        result = (ssize_t)count;
        pthread_cond_broadcast(&file->changed);
    }
    pthread_mutex_unlock(&file->mutex);
    return result;
}

static int truncate_file(record_sink *self, uint64_t size)
{
    memory_file *file = ((memory_sink *)self)->file;
    pthread_mutex_lock(&file->mutex);
    int result = 0;
    if (fails(file)) {
        result = fault(file);
    } else {
        grow(file, (size_t)size);
        file->size = (size_t)size;
    }
    pthread_mutex_unlock(&file->mutex);
    return result;
}

static int sync_file(record_sink *self)
{
    memory_file *file = ((memory_sink *)self)->file;
    pthread_mutex_lock(&file->mutex);
    const int result = fails(file) ? fault(file) : 0;
    if (result == 0) {
        file->syncs++;
    }
    pthread_mutex_unlock(&file->mutex);
    return result;
}

static int close_sink(record_sink *self)
{
    memory_file *file = ((memory_sink *)self)->file;
    pthread_mutex_lock(&file->mutex);
    const int result = fails(file) ? fault(file) : 0;
    const int cause = errno;
    file->closed = true;
    pthread_mutex_unlock(&file->mutex);
    free(self);
    errno = cause;
    return result;
}

record_sink *memory_file_sink(memory_file *file)
{
    memory_sink *sink = malloc(sizeof *sink);
    if (sink == NULL) {
        abort();
    }
    sink->base = (record_sink){
        .write_at = write_at, .truncate = truncate_file, .sync = sync_file, .close = close_sink};
    sink->file = file;
    return &sink->base;
}

static size_t bytes_behind(size_t size, uint64_t offset)
{
    return offset < size ? size - (size_t)offset : 0;
}

static ssize_t read_at(record_source *self, void *data, size_t bytes, uint64_t offset)
{
    memory_file *file = ((memory_source *)self)->file;
    ssize_t result;
    pthread_mutex_lock(&file->mutex);
    if (fails(file)) {
        result = fault(file);
    } else {
        const size_t left = bytes_behind(file->size + file->hole_bytes, offset);
        size_t count = bytes < file->transfer_max ? bytes : file->transfer_max;
        count = count < left ? count : left;
        size_t held = bytes_behind(file->size, offset);
        held = held < count ? held : count;
        if (held > 0) {
            memcpy(data, file->data + offset, held);
        }
        if (count > held) {
            memset((uint8_t *)data + held, 0, count - held);
        }
        file->read_bytes += count;
        result = (ssize_t)count;
    }
    pthread_mutex_unlock(&file->mutex);
    return result;
}

static void close_source(record_source *self)
{
    free(self);
}

record_source *memory_file_source(memory_file *file)
{
    memory_source *source = malloc(sizeof *source);
    if (source == NULL) {
        abort();
    }
    source->base = (record_source){.read_at = read_at, .close = close_source};
    source->file = file;
    return &source->base;
}

void memory_file_fail(memory_file *file, size_t from, size_t until, int cause)
{
    pthread_mutex_lock(&file->mutex);
    file->fail_from = from;
    file->fail_until = until;
    file->fail_errno = cause;
    pthread_mutex_unlock(&file->mutex);
}

size_t memory_file_size(memory_file *file)
{
    pthread_mutex_lock(&file->mutex);
    const size_t size = file->size;
    pthread_mutex_unlock(&file->mutex);
    return size;
}

void memory_file_await_size(memory_file *file, size_t bytes)
{
    pthread_mutex_lock(&file->mutex);
    while (file->size < bytes) {
        pthread_cond_wait(&file->changed, &file->mutex);
    }
    pthread_mutex_unlock(&file->mutex);
}
