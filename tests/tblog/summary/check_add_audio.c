#include <math.h>
#include <string.h>

#include "check_add.h"

START_TEST(audio_has_the_stock_bytes)
{
    const float samples[] = {0.0f, 0.5f, 1.0f, -1.0f};
    ck_assert_int_eq(tblog_add_audio(f.writer, "a", 7, samples, 2, 2, 8000), TBLOG_OK);
    check_last_record(&f, golden_audio);
}
END_TEST

START_TEST(samples_of_16_bits_have_the_stock_bytes)
{
    const int16_t samples[] = {0, 16384, 32767, -32767};
    ck_assert_int_eq(tblog_add_audio_int16(f.writer, "a", 7, samples, 2, 2, 8000), TBLOG_OK);
    check_last_record(&f, golden_audio);
}
END_TEST

START_TEST(samples_beyond_the_range_are_clipped_and_nan_is_silence)
{
    const float wild[] = {NAN, 0.5f, INFINITY, -7.0f};
    ck_assert_int_eq(tblog_add_audio(f.writer, "a", 7, wild, 2, 2, 8000), TBLOG_OK);
    check_last_record(&f, golden_audio);
}
END_TEST

START_TEST(wrong_arguments_are_refused_and_write_nothing)
{
    ck_assert_int_eq(tblog_add_scalar(f.writer, "scalar", 0, 1.0), TBLOG_OK);
    const size_t before = f.file.size;
    const float s[2] = {0};
    const int16_t i[2] = {0};
    ck_assert_int_eq(tblog_add_audio(NULL, "a", 0, s, 2, 1, 8000), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_audio(f.writer, "", 0, s, 2, 1, 8000), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_audio(f.writer, "scalar", 0, s, 2, 1, 8000), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_audio(f.writer, "a", 0, NULL, 2, 1, 8000), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_audio(f.writer, "a", 0, s, 0, 1, 8000), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_audio(f.writer, "a", 0, s, 2, 0, 8000), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_audio(f.writer, "a", 0, s, 2, 1, 0), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_audio(f.writer, "a", 0, s, 1, 32768, 8000), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_audio(f.writer, "a", 0, s, 1, 2, UINT32_MAX / 2), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_audio(f.writer, "a", 0, s, SIZE_MAX, 1, 8000), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_audio(f.writer, "a", 0, s, 1 << 30, 1, 8000), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_audio_int16(f.writer, "a", 0, NULL, 2, 1, 8000), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_audio_int16(f.writer, "a", 0, i, 0, 1, 8000), TBLOG_INVALID);
    ck_assert_uint_eq(f.file.size, before);
}
END_TEST

int main(void)
{
    return RUN_ADD_TESTS("add_audio", audio_has_the_stock_bytes,
                         samples_of_16_bits_have_the_stock_bytes,
                         samples_beyond_the_range_are_clipped_and_nan_is_silence,
                         wrong_arguments_are_refused_and_write_nothing);
}
