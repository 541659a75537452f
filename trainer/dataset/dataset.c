#include "dataset.h"

#include "dataset_internal.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

static int read_part(const dataset_container *container, const char *images_name,
                     const char *labels_name, dataset_part *out)
{
    dataset_array images = {0};
    dataset_array labels = {0};
    if (container->read(container, images_name, DATASET_IMAGES, &images) != 0 ||
        container->read(container, labels_name, DATASET_LABELS, &labels) != 0) {
        goto failed;
    }
    if (images.count != labels.count) {
        dataset_fail(container->message, container->path,
                     "%s holds %u images, but %s holds %u labels", images_name, images.count,
                     labels_name, labels.count);
        goto failed;
    }
    *out = (dataset_part){.images = images.bytes, .labels = labels.bytes, .count = images.count};
    return 0;

failed:
    free(images.bytes);
    free(labels.bytes);
    return -1;
}

static int open_container(dataset_container *out, const char *path, char *message)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        return dataset_fail(message, path, "%s%s", strerror(errno),
                            errno == ENOENT ? " (scripts/fetch_mnist.sh fetches MNIST)" : "");
    }
    if (S_ISDIR(status.st_mode)) {
        return dataset_idx_open(out, path, message);
    }
    if (S_ISREG(status.st_mode)) {
        return dataset_npz_open(out, path, message);
    }
    return dataset_fail(message, path, "is neither a folder of IDX files nor an .npz file");
}

static uint32_t part_crc32(uint32_t crc, const dataset_part *part)
{
    const uLong sum = crc32_z(crc, part->images, (size_t)part->count * DATASET_PIXELS);
    return (uint32_t)crc32_z(sum, part->labels, part->count);
}

int dataset_load(dataset *out, const char *path, char *message)
{
    *out = (dataset){0};
    dataset_container container = {0};
    if (open_container(&container, path, message) != 0) {
        return -1;
    }
    const char *const *names = container.names;
    int status = read_part(&container, names[0], names[1], &out->training);
    if (status == 0) {
        status = read_part(&container, names[2], names[3], &out->validation);
    }
    container.close(&container);
    if (status != 0) {
        dataset_free(out);
        return -1;
    }
    out->crc32 = part_crc32(part_crc32(0, &out->training), &out->validation);
    return 0;
}

void dataset_limit_training(dataset *set, uint32_t samples)
{
    assert(samples >= 1 && samples <= set->training.count);
    if (samples >= 1 && samples < set->training.count) {
        set->training.count = samples;
    }
}

void dataset_free(dataset *set)
{
    free(set->training.images);
    free(set->training.labels);
    free(set->validation.images);
    free(set->validation.labels);
    *set = (dataset){0};
}
