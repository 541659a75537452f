#include "export_sample.h"

#include <check.h>
#include <string.h>

#include "message.h"
#include "model_sample.h"

model export_sample(void)
{
    return (model){
        .parameters = (float *)model_sample_parameters(),
        .has_origin = true,
        .origin = {
            .config = {.batch_size = 10,
                       .epochs = 3,
                       .learning_rate = 1e-3,
                       .engine = "cpu",
                       .arithmetic = "avx2",
                       .precision = ENGINE_FP32,
                       .training_samples = 100,
                       .validation_samples = 50,
                       .data_crc32 = 0x0123abcd},
            .epochs = 2,
            .iterations = 20,
            .figures = {.loss = 0.5, .accuracy = 0.75, .val_loss = 0.25, .val_accuracy = 0.875}}};
}

file_content export_sample_file(int (*make)(file_content *out, const model *from, char *message))
{
    char message[MESSAGE_BYTES];
    const model from = export_sample();
    file_content first = {0};
    file_content second = {0};
    ck_assert_int_eq(make(&first, &from, message), 0);
    ck_assert_int_eq(make(&second, &from, message), 0);
    ck_assert_uint_eq(first.bytes, second.bytes);
    ck_assert_int_eq(memcmp(first.data, second.data, first.bytes), 0);
    file_content_free(&second);
    return first;
}

zip_t *export_sample_archive(const file_content *content)
{
    zip_source_t *source = zip_source_buffer_create(content->data, content->bytes, 0, NULL);
    zip_t *archive = zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, NULL);
    ck_assert_ptr_nonnull(archive);
    return archive;
}
