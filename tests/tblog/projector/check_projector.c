#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "check_main.h"
#include "little_endian.h"
#include "projector.h"
#include "tblog/tblog.h"
#include "temporary_directory.h"

static const float vectors[] = {0.1f, -2.0f, 3e-8f, 1e20f};
static const char *const labels[] = {"a", "b"};

/* Two rows of two columns. */
static tblog_embedding good_embedding(void)
{
    return (tblog_embedding){.name = "e", .vectors = vectors, .row_count = 2, .column_count = 2};
}

static void check_file(const temporary_directory *directory, const char *name, const void *bytes,
                       size_t count)
{
    char path[128];
    char found[256];
    FILE *file = fopen(temporary_path(directory, name, path, sizeof path), "rb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fread(found, 1, sizeof found, file), count);
    ck_assert_mem_eq(found, bytes, count);
    fclose(file);
}

static bool has_file(const temporary_directory *directory, const char *name)
{
    char path[128];
    return access(temporary_path(directory, name, path, sizeof path), F_OK) == 0;
}

START_TEST(vectors_are_text_that_reads_back_exactly)
{
    byte_buffer text = {0};
    const tblog_embedding embedding = good_embedding();
    ck_assert(projector_append_vectors(&text, &embedding));
    static const char expected[] = "0.100000001\t-2\n2.99999989e-08\t1.00000002e+20\n";
    ck_assert_uint_eq(text.size, sizeof expected - 1);
    ck_assert_mem_eq(text.data, expected, text.size);
    byte_buffer_free(&text);
}
END_TEST

START_TEST(binary_that_would_be_taken_for_text_becomes_text)
{
    /* 1.0 is 00 00 80 3f, which is not UTF-8, and 0.5 is 00 00 00 3f, which is. 3.0769e-9 is 0a 73
     * 53 31, which begins with a line end: TensorBoard meets a line of text first, and fails. */
    static const float binary[] = {1.0f, 0.5f};
    static const float as_text[] = {0.5f, 0.5f};
    const uint8_t line_end[] = {0x0a, 's', 'S', '1'};
    const float line_end_first[] = {little_endian_load_float(line_end), 1.0f};
    const float *const lists[] = {binary, as_text, line_end_first};
    const bool is_binary[] = {true, false, false};
    for (size_t i = 0; i < 3; i++) {
        byte_buffer bytes = {0};
        tblog_embedding embedding = good_embedding();
        embedding.vectors = lists[i];
        embedding.row_count = 1;
        embedding.format = TBLOG_VECTORS_BINARY;
        ck_assert(projector_append_vectors(&bytes, &embedding));
        if (is_binary[i]) {
            const uint8_t expected[] = {0, 0, 0x80, 0x3f, 0, 0, 0, 0x3f};
            ck_assert_uint_eq(bytes.size, sizeof expected);
            ck_assert_mem_eq(bytes.data, expected, sizeof expected);
        } else {
            ck_assert_uint_eq(bytes.data[bytes.size - 1], '\n');
        }
        byte_buffer_free(&bytes);
    }
}
END_TEST

START_TEST(one_label_column_has_no_header_and_several_have)
{
    static const char *const names[] = {"first", "second"};
    temporary_directory directory;
    temporary_directory_make(&directory);
    tblog_embedding embeddings[] = {good_embedding(), good_embedding()};
    embeddings[0].labels = labels;
    embeddings[0].label_column_count = 1;
    embeddings[1].name = "other";
    embeddings[1].row_count = 1;
    embeddings[1].labels = labels;
    embeddings[1].label_column_count = 2;
    embeddings[1].label_names = names;
    ck_assert_int_eq(tblog_write_projector(directory.path, embeddings, 2), TBLOG_OK);
    check_file(&directory, "projector_0_labels.tsv", "a\nb\n", 4);
    check_file(&directory, "projector_1_labels.tsv", "first\tsecond\na\tb\n", 17);
    ck_assert(!has_file(&directory, "projector_0_sheet.png"));
    ck_assert(!has_file(&directory, "projector_config.pbtxt.tmp"));
    temporary_directory_remove(&directory);
}
END_TEST

START_TEST(no_line_of_labels_is_blank)
{
    static const char *const names[] = {"first", "second"};
    static const char *const blank[] = {"", " ", " ", "x"};
    temporary_directory directory;
    temporary_directory_make(&directory);
    tblog_embedding embeddings[] = {good_embedding(), good_embedding()};
    embeddings[0].labels = blank;
    embeddings[0].label_column_count = 1;
    embeddings[1].name = "other";
    embeddings[1].labels = blank;
    embeddings[1].label_column_count = 2;
    embeddings[1].label_names = names;
    ck_assert_int_eq(tblog_write_projector(directory.path, embeddings, 2), TBLOG_OK);
    check_file(&directory, "projector_0_labels.tsv", "\xe2\x80\x8b\n\xe2\x80\x8b \n", 9);
    static const char two[] = "first\tsecond\n\xe2\x80\x8b\t \n \tx\n";
    check_file(&directory, "projector_1_labels.tsv", two, sizeof two - 1);
    temporary_directory_remove(&directory);
}
END_TEST

START_TEST(a_second_call_replaces_the_first)
{
    temporary_directory directory;
    temporary_directory_make(&directory);
    tblog_embedding embedding = good_embedding();
    ck_assert_int_eq(tblog_write_projector(directory.path, &embedding, 1), TBLOG_OK);
    embedding.name = "\"\\";
    embedding.row_count = 1;
    ck_assert_int_eq(tblog_write_projector(directory.path, &embedding, 1), TBLOG_OK);
    static const char expected[] = "embeddings {\n  tensor_name: \"\\042\\134\"\n"
                                   "  tensor_shape: 1\n  tensor_shape: 2\n"
                                   "  tensor_path: \"projector_0_vectors\"\n}\n";
    check_file(&directory, "projector_config.pbtxt", expected, sizeof expected - 1);
    check_file(&directory, "projector_0_vectors", "0.100000001\t-2\n", 15);
    temporary_directory_remove(&directory);
}
END_TEST

START_TEST(what_the_system_refuses_is_told)
{
    temporary_directory directory;
    temporary_directory_make(&directory);
    char path[128];
    const tblog_embedding embedding = good_embedding();
    errno = 0;
    temporary_path(&directory, "none", path, sizeof path);
    ck_assert_int_eq(tblog_write_projector(path, &embedding, 1), TBLOG_IO);
    ck_assert_int_eq(errno, ENOENT);
    /* A directory instead of a file. */
    temporary_path(&directory, "projector_config.pbtxt/x", path, sizeof path);
    tblog_writer *writer;
    ck_assert_int_eq(tblog_writer_open(&writer, path, NULL), TBLOG_OK);
    ck_assert_int_eq(tblog_writer_close(writer), TBLOG_OK);
    ck_assert_int_eq(tblog_write_projector(directory.path, &embedding, 1), TBLOG_IO);
    ck_assert_int_eq(errno, EISDIR);
    ck_assert(!has_file(&directory, "projector_config.pbtxt.tmp"));
    temporary_directory_remove(&directory);
}
END_TEST

/* Refused, with nothing written. */
static void check_refused(const tblog_embedding *embedding)
{
    temporary_directory directory;
    temporary_directory_make(&directory);
    ck_assert_int_eq(tblog_write_projector(directory.path, embedding, 1), TBLOG_INVALID);
    ck_assert(!has_file(&directory, "projector_0_vectors"));
    ck_assert(!has_file(&directory, "projector_config.pbtxt"));
    temporary_directory_remove(&directory);
}

START_TEST(wrong_vectors_are_refused)
{
    static const float infinite[] = {1.0f, INFINITY, 1.0f, 1.0f};
    const char *const bad_names[] = {NULL, "", "\xff", "a\nb"};
    for (size_t i = 0; i < 4; i++) {
        tblog_embedding embedding = good_embedding();
        embedding.name = bad_names[i];
        check_refused(&embedding);
    }
    const float *const bad_vectors[] = {NULL, infinite};
    for (size_t i = 0; i < 2; i++) {
        tblog_embedding embedding = good_embedding();
        embedding.vectors = bad_vectors[i];
        check_refused(&embedding);
    }
    const size_t bad_counts[][2] = {{0, 2}, {2, 0}, {SIZE_MAX / 4, 2}};
    for (size_t i = 0; i < 3; i++) {
        tblog_embedding embedding = good_embedding();
        embedding.row_count = bad_counts[i][0];
        embedding.column_count = bad_counts[i][1];
        check_refused(&embedding);
    }
    tblog_embedding embedding = good_embedding();
    embedding.format = (tblog_vector_format)2;
    check_refused(&embedding);
    check_refused(NULL);
    embedding = good_embedding();
    ck_assert_int_eq(tblog_write_projector(NULL, &embedding, 1), TBLOG_INVALID);
    ck_assert_int_eq(tblog_write_projector(".", &embedding, 0), TBLOG_INVALID);
    const tblog_embedding twice[] = {embedding, embedding};
    ck_assert_int_eq(tblog_write_projector(".", twice, 2), TBLOG_INVALID);
}
END_TEST

START_TEST(wrong_labels_and_thumbnails_are_refused)
{
    const char *const bad_labels[] = {NULL, "a\tb", "a\nb", "a\rb", "\xff"};
    for (size_t i = 0; i < 5; i++) {
        const char *const list[] = {"a", bad_labels[i]};
        tblog_embedding embedding = good_embedding();
        embedding.labels = list;
        embedding.label_column_count = 1;
        check_refused(&embedding);
        embedding.row_count = 1;
        embedding.labels = labels;
        embedding.label_column_count = 2;
        embedding.label_names = list;
        check_refused(&embedding);
        embedding.label_names = NULL;
        check_refused(&embedding);
    }
    tblog_embedding embedding = good_embedding();
    embedding.label_column_count = 1;
    check_refused(&embedding);
    embedding.labels = labels;
    embedding.label_column_count = 0;
    check_refused(&embedding);

    /* Two rows make a sheet of two by two. */
    static const uint8_t pixels[64];
    const uint32_t bad_sizes[][3] = {{0, 1, 1}, {1, 0, 1},    {1, 1, 0},
                                     {1, 1, 5}, {4097, 1, 1}, {1, UINT32_MAX, 1}};
    for (size_t i = 0; i < 6; i++) {
        embedding = good_embedding();
        embedding.thumbnails = pixels;
        embedding.thumbnail_width = bad_sizes[i][0];
        embedding.thumbnail_height = bad_sizes[i][1];
        embedding.thumbnail_channels = bad_sizes[i][2];
        check_refused(&embedding);
    }
}
END_TEST

int main(void)
{
    return RUN_TESTS("projector", vectors_are_text_that_reads_back_exactly,
                     binary_that_would_be_taken_for_text_becomes_text,
                     one_label_column_has_no_header_and_several_have, no_line_of_labels_is_blank,
                     a_second_call_replaces_the_first, what_the_system_refuses_is_told,
                     wrong_vectors_are_refused, wrong_labels_and_thumbnails_are_refused);
}
