/* Checks PyTorch's layouts with the indices of both sides written out. */
#include <check.h>
#include <stdlib.h>

#include "check_main.h"
#include "model_sample.h"
#include "torch_layout.h"

static float *read_tensor(const float *parameters, unsigned index)
{
    float *out = malloc(lenet_tensors[index].count * sizeof *out);
    torch_layout_read(parameters, index, out);
    return out;
}

START_TEST(a_tensor_has_as_many_values_as_ours)
{
    for (unsigned i = 0; i < LENET_TENSORS; i++) {
        unsigned count = 1;
        for (unsigned side = 0; side < torch_tensors[i].rank; side++) {
            count *= torch_tensors[i].shape[side];
        }
        ck_assert_uint_eq(count, lenet_tensors[i].count);
    }
}
END_TEST

static void check_convolution(unsigned index, unsigned inputs, unsigned outputs)
{
    const float *parameters = model_sample_parameters();
    const float *ours = parameters + lenet_tensors[index].offset; /* [y][x][i][o] */
    float *theirs = read_tensor(parameters, index);               /* [o][i][y][x] */
    unsigned wrong = 0;
    for (unsigned o = 0; o < outputs; o++) {
        for (unsigned i = 0; i < inputs; i++) {
            for (unsigned y = 0; y < 3; y++) {
                for (unsigned x = 0; x < 3; x++) {
                    wrong += theirs[((o * inputs + i) * 3 + y) * 3 + x] !=
                             ours[((y * 3 + x) * inputs + i) * outputs + o];
                }
            }
        }
    }
    ck_assert_uint_eq(wrong, 0);
    free(theirs);
}

START_TEST(kernels_have_their_outputs_first)
{
    check_convolution(0, 1, 32);
    check_convolution(2, 32, 64);
}
END_TEST

START_TEST(fc1_takes_its_inputs_channel_by_channel)
{
    const float *parameters = model_sample_parameters();
    const float *ours = parameters + LENET_DENSE1_KERNEL_AT;
    float *theirs = read_tensor(parameters, 4);
    unsigned wrong = 0;
    for (unsigned o = 0; o < 128; o++) {
        for (unsigned c = 0; c < 64; c++) {
            for (unsigned y = 0; y < 12; y++) {
                for (unsigned x = 0; x < 12; x++) {
                    const unsigned their_input = c * 144 + y * 12 + x;
                    const unsigned our_input = (y * 12 + x) * 64 + c;
                    wrong += theirs[o * 9216 + their_input] != ours[our_input * 128 + o];
                }
            }
        }
    }
    ck_assert_uint_eq(wrong, 0);
    free(theirs);
}
END_TEST

START_TEST(fc2_has_its_outputs_first)
{
    const float *parameters = model_sample_parameters();
    const float *ours = parameters + LENET_DENSE2_KERNEL_AT;
    float *theirs = read_tensor(parameters, 6);
    unsigned wrong = 0;
    for (unsigned o = 0; o < 10; o++) {
        for (unsigned i = 0; i < 128; i++) {
            wrong += theirs[o * 128 + i] != ours[i * 10 + o];
        }
    }
    ck_assert_uint_eq(wrong, 0);
    free(theirs);
}
END_TEST

START_TEST(biases_are_the_same)
{
    const float *parameters = model_sample_parameters();
    for (unsigned i = 1; i < LENET_TENSORS; i += 2) {
        float *theirs = read_tensor(parameters, i);
        ck_assert_mem_eq(theirs, parameters + lenet_tensors[i].offset,
                         lenet_tensors[i].count * sizeof *theirs);
        free(theirs);
    }
}
END_TEST

START_TEST(writing_undoes_reading)
{
    const float *parameters = model_sample_parameters();
    float *back = calloc(LENET_PARAMETERS, sizeof *back);
    for (unsigned i = 0; i < LENET_TENSORS; i++) {
        float *theirs = read_tensor(parameters, i);
        torch_layout_write(back, i, theirs);
        free(theirs);
    }
    ck_assert_mem_eq(back, parameters, LENET_PARAMETERS * sizeof *back);
    free(back);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("torch_layout");
    TCase *layouts = tcase_create("layouts");
    tcase_add_test(layouts, a_tensor_has_as_many_values_as_ours);
    tcase_add_test(layouts, kernels_have_their_outputs_first);
    tcase_add_test(layouts, fc1_takes_its_inputs_channel_by_channel);
    tcase_add_test(layouts, fc2_has_its_outputs_first);
    tcase_add_test(layouts, biases_are_the_same);
    tcase_add_test(layouts, writing_undoes_reading);
    suite_add_tcase(suite, layouts);
    return run_suite(suite);
}
