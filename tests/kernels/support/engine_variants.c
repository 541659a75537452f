#include "engine_variants.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Adds the engine if this machine can run it. An engine that fails for another reason is added too,
 * so that the tests find the failure. */
static int add_variant(engine_variant *out, int count, const engine_api *api, const char *isa,
                       engine_precision precision)
{
    static const uint8_t image[LENET_IMAGE_PIXELS];
    static const uint8_t label;
    const engine_data one = {image, &label, 1};
    engine_config config = engine_config_defaults();
    char message[256] = "";
    engine *e = NULL;
    config.batch_size = 1;
    config.isa = isa;
    config.precision = precision;
    if (count == MAX_ENGINE_VARIANTS ||
        api->create(&e, &config, &one, &one, message, sizeof message) == ENGINE_UNAVAILABLE) {
        printf("leaving out %s %s: %s\n", api->name, isa == NULL ? "" : isa, message);
        return count;
    }
    api->destroy(e);
    engine_variant *v = &out[count];
    v->api = api;
    v->isa = isa;
    v->precision = precision;
    snprintf(v->name, sizeof v->name, "%s%s%s %s", api->name, isa == NULL ? "" : " ",
             isa == NULL ? "" : isa, engine_precision_name(precision));
    return count + 1;
}

int engine_variants_find(engine_variant *out)
{
    static const char *const isas[] = {"avx512", "avx2", "portable"};
    const char *only = getenv("ENGINE");
    int count = 0;
    if (only != NULL && engine_find(only) == NULL) {
        printf("ENGINE=%s: there is no such engine\n", only);
        return -1;
    }
    for (size_t i = 0; engine_list[i] != NULL; i++) {
        const engine_api *api = engine_list[i];
        char reason[256] = "";
        if (only != NULL && engine_find(only) != api) {
            continue;
        }
        if (!api->available(reason, sizeof reason)) {
            printf("leaving out %s: %s\n", api->name, reason);
            continue;
        }
        const bool cpu = strcmp(api->name, "cpu") == 0;
        for (size_t k = 0; k < (cpu ? sizeof isas / sizeof *isas : 1); k++) {
            count = add_variant(out, count, api, cpu ? isas[k] : NULL, ENGINE_FP32);
        }
        if (!cpu) {
            count = add_variant(out, count, api, NULL, ENGINE_TF32);
        }
        count = add_variant(out, count, api, cpu ? "avx512" : NULL, ENGINE_BF16);
    }
    return count;
}

engine *variant_create(const engine_variant *v, engine_config config, const engine_data *training,
                       const engine_data *validation)
{
    char message[256] = "";
    engine *e = NULL;
    config.isa = v->isa;
    config.precision = v->precision;
    const engine_status status =
        v->api->create(&e, &config, training, validation, message, sizeof message);
    ck_assert_msg(status == ENGINE_OK, "%s: %s", v->name, message);
    return e;
}

engine_step variant_train_one(const engine_variant *v, engine *e)
{
    engine_step step = {0};
    size_t count = 0;
    ck_assert_int_eq(v->api->train(e, 1, NULL), ENGINE_OK);
    ck_assert_int_eq(v->api->poll(e, &step, 1, &count, true), ENGINE_OK);
    ck_assert_uint_eq(count, 1);
    return step;
}

void variant_read(const engine_variant *v, engine *e, const char *name, double *out, size_t count)
{
    float *floats = malloc(count * sizeof *floats);
    size_t found = 0;
    ck_assert_ptr_nonnull(floats);
    const engine_status status = v->api->read_tensor(e, name, floats, count, &found);
    ck_assert_msg(status == ENGINE_OK, "%s: %s", v->name, v->api->message(e));
    ck_assert_uint_eq(found, count);
    for (size_t i = 0; i < count; i++) {
        out[i] = (double)floats[i];
    }
    free(floats);
}

void variant_read_all(const engine_variant *v, engine *e, const char *prefix, double *out)
{
    for (unsigned t = 0; t < LENET_TENSORS; t++) {
        const lenet_tensor *tensor = &lenet_tensors[t];
        char name[64];
        snprintf(name, sizeof name, "%s%s", prefix, tensor->name);
        variant_read(v, e, name, out + tensor->offset, tensor->count);
    }
}
