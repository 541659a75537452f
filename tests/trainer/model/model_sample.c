#include "model_sample.h"

#include <check.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file_read.h"
#include "scratch.h"

static const struct {
    const char *name;
    const char *shape;
} tensors[LENET_TENSORS] = {
    {"conv1.weight", "32,1,3,3"}, {"conv1.bias", "32"},       {"conv2.weight", "64,32,3,3"},
    {"conv2.bias", "64"},         {"fc1.weight", "128,9216"}, {"fc1.bias", "128"},
    {"fc2.weight", "10,128"},     {"fc2.bias", "10"},
};

const float *model_sample_parameters(void)
{
    static float parameters[LENET_PARAMETERS];
    for (size_t i = 0; parameters[LENET_PARAMETERS - 1] == 0 && i < LENET_PARAMETERS; i++) {
        parameters[i] = (float)(i + 1) * (i % 2 == 0 ? 1 : -1);
    }
    return parameters;
}

char *model_sample_header(void)
{
    char *header = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&header, &bytes);
    ck_assert_ptr_nonnull(out);
    for (size_t i = 0; i < LENET_TENSORS; i++) {
        const size_t begin = lenet_tensors[i].offset * sizeof(float);
        fprintf(out, "%c\"%s\":{\"dtype\":\"F32\",\"shape\":[%s],\"data_offsets\":[%zu,%zu]}",
                i == 0 ? '{' : ',', tensors[i].name, tensors[i].shape, begin,
                begin + lenet_tensors[i].count * sizeof(float));
    }
    fputc('}', out);
    fclose(out);
    return header;
}

char *model_sample_replace(const char *text, const char *old, const char *replacement)
{
    const char *at = strstr(text, old);
    ck_assert_msg(at != NULL, "%s is not in %s", old, text);
    char *out = malloc(strlen(text) + strlen(replacement) + 1);
    sprintf(out, "%.*s%s%s", (int)(at - text), text, replacement, at + strlen(old));
    return out;
}

char *model_sample_content(const char *header, size_t data_bytes, size_t *bytes)
{
    const size_t length = strlen(header);
    const size_t parameter_bytes = LENET_PARAMETERS * sizeof(float);
    char *content = calloc(1, 8 + length + data_bytes);
    for (unsigned i = 0; i < 8; i++) {
        content[i] = (char)(uint8_t)((uint64_t)length >> (8 * i));
    }
    memcpy(content + 8, header, length);
    memcpy(content + 8 + length, model_sample_parameters(),
           data_bytes < parameter_bytes ? data_bytes : parameter_bytes);
    *bytes = 8 + length + data_bytes;
    return content;
}

char *model_sample_read(const char *name, size_t *bytes)
{
    char *content = NULL;
    ck_assert_int_eq(file_read(AT_FDCWD, scratch_path(name), &content, bytes), 0);
    return content;
}
