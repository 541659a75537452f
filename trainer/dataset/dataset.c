#include "dataset.h"

#include "dataset_internal.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <zlib.h>

static int read_arrays(dataset_arrays *out, const char *path, char *message)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        return dataset_fail_system(message, path, errno);
    }
    if (S_ISDIR(status.st_mode)) {
        return dataset_idx_read(out, path, message);
    }
    if (S_ISREG(status.st_mode)) {
        return dataset_npz_read(out, path, message);
    }
    return dataset_fail(message, path, "is neither a folder of IDX files nor an .npz file");
}

/* Images and labels belong together: arrays[i] and arrays[i + 1]. */
static int check_counts(const dataset_arrays *arrays, unsigned i, const char *path, char *message)
{
    const uint32_t images = arrays->all[i].count;
    const uint32_t labels = arrays->all[i + 1].count;
    if (images == labels) {
        return 0;
    }
    const unsigned other = i == DATASET_TRAINING ? DATASET_VALIDATION : DATASET_TRAINING;
    const bool mixed_up = images == arrays->all[other + 1].count;
    return dataset_fail(message, path, "%s holds %u images, but %s holds %u labels%s",
                        arrays->names[i], images, arrays->names[i + 1], labels,
                        mixed_up ? ": are training and validation mixed up?" : "");
}

static dataset_part part_of(const dataset_arrays *arrays, unsigned i)
{
    return (dataset_part){.images = arrays->all[i].bytes,
                          .labels = arrays->all[i + 1].bytes,
                          .count = arrays->all[i].count};
}

static uint32_t part_crc32(uint32_t crc, const dataset_part *part)
{
    const uLong sum = crc32_z(crc, part->images, (size_t)part->count * DATASET_PIXELS);
    return (uint32_t)crc32_z(sum, part->labels, part->count);
}

int dataset_load(dataset *out, const char *path, char *message)
{
    dataset_arrays arrays = {0};
    *out = (dataset){0};
    if (read_arrays(&arrays, path, message) != 0 ||
        check_counts(&arrays, DATASET_TRAINING, path, message) != 0 ||
        check_counts(&arrays, DATASET_VALIDATION, path, message) != 0) {
        for (unsigned i = 0; i < DATASET_ARRAYS; i++) {
            free(arrays.all[i].bytes);
        }
        return -1;
    }
    out->training = part_of(&arrays, DATASET_TRAINING);
    out->validation = part_of(&arrays, DATASET_VALIDATION);
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
