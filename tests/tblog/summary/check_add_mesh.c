#include <math.h>

#include "check_add.h"

static const float vertices[] = {0, 0, 0, 1, 0, 0.5f, 0, 1, -2};
static const int32_t faces[] = {0, 2, 1};
static const uint8_t colors[] = {255, 0, 0, 0, 255, 0, 1, 2, 3};

START_TEST(a_mesh_has_the_stock_bytes)
{
    const tblog_mesh triangle = {.vertices = vertices,
                                 .vertex_count = 3,
                                 .faces = faces,
                                 .face_count = 1,
                                 .colors = colors,
                                 .config_json = "{\"camera\": {\"fov\": 75}}"};
    ck_assert_int_eq(tblog_add_mesh(f.writer, "m", 9, &triangle), TBLOG_OK);
    check_last_record(&f, golden_mesh);
}
END_TEST

START_TEST(points_have_the_stock_bytes)
{
    const tblog_mesh points = {.vertices = vertices, .vertex_count = 3};
    ck_assert_int_eq(tblog_add_mesh(f.writer, "m", 9, &points), TBLOG_OK);
    check_last_record(&f, golden_points);
}
END_TEST

START_TEST(wrong_arguments_are_refused_and_write_nothing)
{
    ck_assert_int_eq(tblog_add_scalar(f.writer, "m_FACE", 0, 1.0), TBLOG_OK);
    const size_t before = f.file.size;
    static const float infinite[] = {0, 0, INFINITY};
    static const int32_t too_high[] = {0, 1, 3};
    static const int32_t negative[] = {0, 1, -1};
    const tblog_mesh good = {
        .vertices = vertices, .vertex_count = 3, .faces = faces, .face_count = 1};
    ck_assert_int_eq(tblog_add_mesh(NULL, "n", 0, &good), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_mesh(f.writer, "", 0, &good), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_mesh(f.writer, NULL, 0, &good), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_mesh(f.writer, "n", 0, NULL), TBLOG_INVALID);
    tblog_mesh bad = good;
    bad.vertices = NULL;
    ck_assert_int_eq(tblog_add_mesh(f.writer, "n", 0, &bad), TBLOG_INVALID);
    bad = (tblog_mesh){.vertices = infinite, .vertex_count = 1};
    ck_assert_int_eq(tblog_add_mesh(f.writer, "n", 0, &bad), TBLOG_INVALID);
    bad = good;
    bad.vertex_count = 0;
    ck_assert_int_eq(tblog_add_mesh(f.writer, "n", 0, &bad), TBLOG_INVALID);
    bad.vertex_count = SIZE_MAX / 2;
    ck_assert_int_eq(tblog_add_mesh(f.writer, "n", 0, &bad), TBLOG_INVALID);
    bad = good;
    bad.faces = NULL;
    ck_assert_int_eq(tblog_add_mesh(f.writer, "n", 0, &bad), TBLOG_INVALID);
    bad.faces = too_high;
    ck_assert_int_eq(tblog_add_mesh(f.writer, "n", 0, &bad), TBLOG_INVALID);
    bad.faces = negative;
    ck_assert_int_eq(tblog_add_mesh(f.writer, "n", 0, &bad), TBLOG_INVALID);
    bad = good;
    bad.config_json = "\xff";
    ck_assert_int_eq(tblog_add_mesh(f.writer, "n", 0, &bad), TBLOG_INVALID);
    /* One of its tags already has another kind, so none of the others may be kept. */
    ck_assert_int_eq(tblog_add_mesh(f.writer, "m", 0, &good), TBLOG_INVALID);
    ck_assert_uint_eq(f.file.size, before);
    ck_assert_int_eq(tblog_add_scalar(f.writer, "m_VERTEX", 0, 1.0), TBLOG_OK);
}
END_TEST

int main(void)
{
    return RUN_ADD_TESTS("add_mesh", a_mesh_has_the_stock_bytes, points_have_the_stock_bytes,
                         wrong_arguments_are_refused_and_write_nothing);
}
