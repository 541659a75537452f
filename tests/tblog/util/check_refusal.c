/* What is refused, and which message says why. */
#include "refusal.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "check_main.h"
#include "writer_fixture.h"

static void check_refusal(tblog_writer *writer, tblog_status status, const char *expected)
{
    ck_assert_int_eq(status, TBLOG_INVALID);
    ck_assert_str_eq(tblog_writer_message(writer), expected);
    if (writer != NULL) {
        ck_assert_str_eq(tblog_writer_message(NULL), "");
    }
}

START_TEST(refusals_of_scalars_tell_why)
{
    writer_fixture f;
    writer_fixture_make(&f);
    ck_assert_int_eq(writer_fixture_open(&f), TBLOG_OK);
    check_refusal(f.writer, tblog_add_scalar(f.writer, NULL, 0, 1), "the tag is NULL");
    check_refusal(f.writer, tblog_add_scalar(f.writer, "", 0, 1), "the tag is empty");
    check_refusal(f.writer, tblog_add_scalar(f.writer, "a\xff", 0, 1),
                  "the tag is not valid UTF-8");
    check_refusal(f.writer, tblog_add_scalars(f.writer, 0, NULL, 1), "the scalars are NULL");
    check_refusal(NULL, tblog_add_scalar(NULL, "a", 0, 1), "the writer is NULL");
    ck_assert_int_eq(tblog_add_scalar(f.writer, "lo\x1b\xc2\x9bss", 0, 1), TBLOG_OK);
    check_refusal(f.writer,
                  tblog_add_histogram(f.writer, "lo\x1b\xc2\x9bss", 0, (float[]){1}, 1, NULL),
                  "tag 'lo???ss' already has scalars, so it cannot have histograms");
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    writer_fixture_free(&f);
}
END_TEST

START_TEST(refusals_of_other_kinds_tell_why)
{
    writer_fixture f;
    writer_fixture_make(&f);
    ck_assert_int_eq(writer_fixture_open(&f), TBLOG_OK);
    tblog_writer *w = f.writer;
    const float floats[] = {0.5f, 2.0f, NAN};
    const uint8_t bytes[] = {1, 0, 1};
    check_refusal(w, tblog_add_text(w, "t", 0, NULL), "the text is NULL");
    check_refusal(w, tblog_add_text(w, "t", 0, "\xc0"), "the text is not valid UTF-8");
    check_refusal(w, tblog_add_plain_text(w, "t", 0, NULL), "the text is NULL");
    check_refusal(w, tblog_add_plain_text(w, "t", 0, "\xc0"), "the text is not valid UTF-8");
    check_refusal(w, tblog_add_text_table(w, "t", 0, (const char *const[]){"a", NULL}, 1, 2),
                  "cell 1 is NULL");
    check_refusal(w, tblog_add_histogram(w, "t", 0, NULL, 1, NULL), "the values are NULL");
    check_refusal(w,
                  tblog_add_histogram_buckets(w, "t", 0, (tblog_bucket[]){{0, 1, 1}, {3, 2, 1}}, 2),
                  "bucket 1: right edge below left edge, or negative count");
    check_refusal(w, tblog_add_image(w, "t", 0, bytes, 1, 0, 3),
                  "image size 1x0 is not in 1..65535");
    check_refusal(w, tblog_add_image(w, "t", 0, bytes, 1, 1, 5), "channel count 5 is not in 1..4");
    check_refusal(w, tblog_add_pngs(w, "t", 0, (tblog_png[]){{bytes, 3}}, 1),
                  "image 0 is not a PNG");
    check_refusal(w, tblog_add_audio(w, "t", 0, floats, 0, 1, 8000), "no frames");
    check_refusal(w, tblog_add_audio(w, "t", 0, floats, 1, 1, 0),
                  "a sample rate of 0 Hz is not valid in a WAV file");
    check_refusal(w, tblog_add_pr_curve(w, "t", 0, bytes, floats, 3, 5), "score 1 is not in 0..1");
    check_refusal(w, tblog_add_pr_curve(w, "t", 0, bytes, floats, 3, 1),
                  "threshold count 1 is not in 2..16777216");
    const tblog_mesh mesh = {.vertices = (float[]){0, 0, 0},
                             .vertex_count = 1,
                             .faces = (int32_t[]){0, 0, 7},
                             .face_count = 1};
    check_refusal(w, tblog_add_mesh(w, "t", 0, &mesh), "face 0 uses vertex 7, but the mesh has 1");
    check_refusal(w, tblog_add_keras_graph(w, "t", 0, ""), "the model's JSON is empty");
    check_refusal(w, tblog_add_graph_def(w, bytes, 0), "the graph is empty");
    ck_assert_int_eq(tblog_writer_close(w), TBLOG_OK);
    writer_fixture_free(&f);
}
END_TEST

START_TEST(a_refused_hyper_parameter_is_named)
{
    const struct {
        tblog_hparam hparam;
        const char *message;
    } cases[] = {
        {{.name = "rate", .number = NAN}, "the hyper-parameter 'rate' is not finite: nan"},
        {{.name = "rate", .number = -INFINITY}, "the hyper-parameter 'rate' is not finite: -inf"},
        {{.name = "kind", .type = TBLOG_HPARAM_STRING},
         "the string of hyper-parameter 'kind' is NULL"},
        {{.name = "kind", .type = TBLOG_HPARAM_STRING, .string = "\xff"},
         "the string of hyper-parameter 'kind' is not valid UTF-8"},
        {{.name = "kind", .type = (tblog_hparam_type)7},
         "the hyper-parameter 'kind' has an unknown type"},
        {{.name = NULL}, "the name of hyper-parameter number 2 is NULL"},
        {{.name = ""}, "the name of hyper-parameter number 2 is empty"}};
    writer_fixture f;
    writer_fixture_make(&f);
    ck_assert_int_eq(writer_fixture_open(&f), TBLOG_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const tblog_hparam hparams[] = {{.name = "sound"}, cases[i].hparam};
        check_refusal(f.writer, tblog_add_session_start(f.writer, NULL, hparams, 2),
                      cases[i].message);
    }
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    writer_fixture_free(&f);
}
END_TEST

START_TEST(a_refused_hyper_parameter_of_an_experiment_is_named)
{
    const tblog_hparam infinite = {.number = INFINITY};
    const struct {
        tblog_hparam_info info;
        const char *message;
    } cases[] = {{{.name = "rate", .values = &infinite, .value_count = 1},
                  "the hyper-parameter 'rate' is not finite: inf"},
                 {{.name = "rate", .display_name = "\xff"},
                  "the display_name of hyper-parameter 'rate' is not valid UTF-8"},
                 {{.name = "rate", .type = (tblog_hparam_type)7},
                  "the hyper-parameter 'rate' has an unknown type"},
                 {{.name = NULL}, "the name of hyper-parameter number 2 is NULL"}};
    const tblog_metric_info metric = {.tag = "loss"};
    writer_fixture f;
    writer_fixture_make(&f);
    ck_assert_int_eq(writer_fixture_open(&f), TBLOG_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const tblog_hparam_info infos[] = {{.name = "sound"}, cases[i].info};
        const tblog_experiment experiment = {
            .hparams = infos, .hparam_count = 2, .metrics = &metric, .metric_count = 1};
        check_refusal(f.writer, tblog_add_experiment(f.writer, &experiment), cases[i].message);
    }
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    writer_fixture_free(&f);
}
END_TEST

START_TEST(structs_of_sizes_that_are_not_known_are_refused)
{
    writer_fixture f;
    writer_fixture_make(&f);
    ck_assert_int_eq(writer_fixture_open(&f), TBLOG_OK);
    tblog_writer *w = f.writer;
    const size_t mesh = sizeof(tblog_mesh);
    char expected[128];
    snprintf(
        expected, sizeof expected,
        "tblog_mesh has %zu bytes in the program, but %zu in the library: their versions differ",
        mesh + 8, mesh);
    check_refusal(w, tblog_add_mesh_sized(w, "m", 0, NULL, mesh + 8), expected);
    const size_t hparam = sizeof(tblog_hparam);
    const size_t info = sizeof(tblog_hparam_info);
    const size_t metric = sizeof(tblog_metric_info);
    const size_t experiment = sizeof(tblog_experiment);
    const size_t category = sizeof(tblog_category);
    const size_t chart = sizeof(tblog_chart);
    const tblog_status statuses[] = {
        tblog_add_session_start_sized(w, NULL, NULL, 1, hparam - 8),
        tblog_add_experiment_sized(w, NULL, experiment + 8, info, hparam, metric),
        tblog_add_experiment_sized(w, NULL, experiment, info + 8, hparam, metric),
        tblog_add_experiment_sized(w, NULL, experiment, info, hparam + 8, metric),
        tblog_add_experiment_sized(w, NULL, experiment, info, hparam, metric + 8),
        tblog_add_custom_scalars_sized(w, NULL, 1, category + 8, chart),
        tblog_write_projector_sized(".", NULL, 1, sizeof(tblog_embedding) + 8),
        tblog_add_custom_scalars_sized(w, NULL, 1, category, chart + 8)};
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        ck_assert_int_eq(statuses[i], TBLOG_INVALID);
    }
    ck_assert_ptr_nonnull(strstr(tblog_writer_message(w), "tblog_chart has"));
    ck_assert_int_eq(tblog_writer_close(w), TBLOG_OK);
    writer_fixture_free(&f);
}
END_TEST

START_TEST(options_of_an_older_and_a_newer_program_are_set_within_their_sizes)
{
    enum { LATER_BYTES = 64 };
    struct {
        tblog_writer_options options;
        uint8_t later[LATER_BYTES];
    } space;
    const size_t older = offsetof(tblog_writer_options, queue_bytes);
    memset(&space, 0x5a, sizeof space);
    tblog_writer_options_init_sized(&space.options, older);
    ck_assert_uint_eq(space.options.size, older);
    ck_assert_uint_eq(space.options.flush_interval_ms, 1000);
    const uint8_t *behind = (const uint8_t *)&space + older;
    for (size_t i = 0; i < sizeof space - older; i++) {
        ck_assert_uint_eq(behind[i], 0x5a);
    }
    memset(&space, 0x5a, sizeof space);
    tblog_writer_options_init_sized(&space.options, sizeof space);
    ck_assert_uint_eq(space.options.size, sizeof space);
    for (size_t i = 0; i < LATER_BYTES; i++) {
        ck_assert_uint_eq(space.later[i], 0);
    }
    tblog_writer *writer;
    ck_assert_int_eq(tblog_writer_open(&writer, "never", &space.options), TBLOG_INVALID);
}
END_TEST

START_TEST(refusals_of_what_comes_once_tell_why)
{
    writer_fixture f;
    writer_fixture_make(&f);
    ck_assert_int_eq(writer_fixture_open(&f), TBLOG_OK);
    tblog_writer *w = f.writer;
    const tblog_hparam twice[] = {{.name = "rate", .number = 1}, {.name = "rate", .number = 2}};
    check_refusal(w, tblog_add_session_start(w, NULL, twice, 2),
                  "duplicate hyper-parameter 'rate'");
    check_refusal(w, tblog_add_session_start(w, NULL, twice, 0),
                  "a session needs hyper-parameters");
    check_refusal(w, tblog_add_session_end(w, (tblog_session_result)3), "unknown session result 3");
    ck_assert_int_eq(tblog_add_session_end(w, TBLOG_SESSION_FAILED), TBLOG_OK);
    check_refusal(w, tblog_add_session_end(w, TBLOG_SESSION_FAILED),
                  "'_hparams_/session_end_info' was logged before; it may be logged only once");
    check_refusal(w, tblog_add_experiment(w, NULL), "the experiment is NULL");
    const tblog_chart both = {.tag_count = 1, .band_count = 1};
    const tblog_category category = {.charts = &both, .chart_count = 1};
    check_refusal(w, tblog_add_custom_scalars(w, &category, 1),
                  "a chart needs tags or bands, but not both");
    ck_assert_int_eq(tblog_writer_close(w), TBLOG_OK);
    writer_fixture_free(&f);
}
END_TEST

static double no_time(void *context)
{
    (void)context;
    return NAN;
}

START_TEST(refusals_without_a_writer_tell_why)
{
    tblog_writer *writer;
    tblog_writer_options options;
    tblog_writer_options_init(&options);
    options.queue_bytes = 0;
    ck_assert_int_eq(tblog_writer_open(&writer, "x", &options), TBLOG_INVALID);
    ck_assert_ptr_null(writer);
    ck_assert_str_eq(tblog_writer_message(NULL), "the option queue_bytes is 0");
    tblog_writer_options_init(&options);
    for (size_t i = 0; i < 4; i++) {
        options.file_suffix = (const char *const[]){"\n", ".\x1b[2J", "a\x7f", ".\xc2\x9b"}[i];
        ck_assert_int_eq(tblog_writer_open(&writer, "x", &options), TBLOG_INVALID);
        ck_assert_str_eq(tblog_writer_message(NULL),
                         "the option file_suffix contains a control character");
    }
    tblog_writer_options_init(&options);
    options.clock = &(tblog_clock){.wall_time = no_time};
    ck_assert_int_eq(tblog_writer_open(&writer, "x", &options), TBLOG_INVALID);
    ck_assert_str_eq(tblog_writer_message(NULL),
                     "the clock's time is not in 0..9999999999 seconds");
    ck_assert_int_eq(tblog_writer_open(&writer, "/dev/null/x", NULL), TBLOG_IO);
    ck_assert_int_eq(errno, ENOTDIR);
    ck_assert_str_eq(tblog_writer_message(NULL), "open failed: Not a directory: /dev/null/x");
    tblog_reader *reader;
    ck_assert_int_eq(tblog_reader_open(&reader, "/dev/null/x"), TBLOG_IO);
    ck_assert_int_eq(errno, ENOTDIR);
    ck_assert_str_eq(tblog_reader_message(NULL), "open failed: Not a directory: /dev/null/x");
    ck_assert_int_eq(tblog_reader_open(&reader, NULL), TBLOG_INVALID);
    ck_assert_str_eq(tblog_reader_message(NULL), "the path is NULL");
    ck_assert_int_eq(tblog_reader_open(NULL, "x"), TBLOG_INVALID);
    ck_assert_str_eq(tblog_reader_message(NULL), "the output pointer is NULL");
    const tblog_embedding embedding = {.name = "e"};
    ck_assert_int_eq(tblog_write_projector("/", &embedding, 1), TBLOG_INVALID);
    ck_assert_str_eq(tblog_writer_message(NULL), "the embedding 'e' has no vectors, or too many");
    ck_assert_int_eq(tblog_write_projector("/", &embedding, 0), TBLOG_INVALID);
    ck_assert_str_eq(tblog_writer_message(NULL), "no embeddings");
    const tblog_embedding sound = {
        .name = "e", .vectors = (float[]){1}, .row_count = 1, .column_count = 1};
    ck_assert_int_eq(tblog_write_projector("/dev/null/x", &sound, 1), TBLOG_IO);
    ck_assert_int_eq(errno, ENOTDIR);
    ck_assert_str_eq(tblog_writer_message(NULL), "open failed: Not a directory: /dev/null/x");
    ck_assert_int_eq(tblog_write_projector("/proc/self", &sound, 1), TBLOG_IO);
    ck_assert_str_eq(tblog_writer_message(NULL),
                     "write failed: No such file or directory: /proc/self");
}
END_TEST

START_TEST(a_refusal_neither_latches_nor_hides_the_latched_error)
{
    writer_fixture f;
    writer_fixture_make(&f);
    f.options.flush_interval_ms = 0;
    ck_assert_int_eq(writer_fixture_open(&f), TBLOG_OK);
    check_refusal(f.writer, tblog_add_scalar(f.writer, "", 0, 1), "the tag is empty");
    ck_assert_int_eq(tblog_writer_status(f.writer), TBLOG_OK);
    ck_assert_str_eq(tblog_writer_message(f.writer), "");
    memory_file_fail(&f.file, f.file.calls, SIZE_MAX, ENOSPC);
    ck_assert_int_eq(tblog_add_scalar(f.writer, "t", 0, 1), TBLOG_IO);
    ck_assert_ptr_nonnull(strstr(tblog_writer_message(f.writer), strerror(ENOSPC)));
    check_refusal(f.writer, tblog_add_scalar(f.writer, "", 0, 1), "the tag is empty");
    ck_assert_int_eq(tblog_add_scalar(f.writer, "t", 0, 1), TBLOG_IO);
    ck_assert_ptr_nonnull(strstr(tblog_writer_message(f.writer), strerror(ENOSPC)));
    check_refusal(f.writer, tblog_add_scalar(f.writer, "", 0, 1), "the tag is empty");
    ck_assert_int_eq(tblog_writer_flush(f.writer), TBLOG_IO);
    ck_assert_ptr_nonnull(strstr(tblog_writer_message(f.writer), strerror(ENOSPC)));
    memory_file_fail(&f.file, SIZE_MAX, SIZE_MAX, 0);
    tblog_writer_clear_error(f.writer);
    ck_assert_str_eq(tblog_writer_message(f.writer), "");
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    writer_fixture_free(&f);
}
END_TEST

START_TEST(a_refusal_is_of_the_last_call_with_one_writer)
{
    writer_fixture f, other;
    writer_fixture_make(&f);
    writer_fixture_make(&other);
    other.options.flush_interval_ms = 0;
    ck_assert_int_eq(writer_fixture_open(&f), TBLOG_OK);
    ck_assert_int_eq(writer_fixture_open(&other), TBLOG_OK);
    memory_file_fail(&other.file, other.file.calls, SIZE_MAX, ENOSPC);
    ck_assert_int_eq(tblog_add_scalar(other.writer, "t", 0, 1), TBLOG_IO);
    const tblog_scalar scalar = {.tag = "t", .value = 1};
    for (int i = 0; i < 3; i++) {
        check_refusal(f.writer, tblog_add_scalar(f.writer, "", 0, 1), "the tag is empty");
        /* Neither hides the other's message. */
        ck_assert_ptr_nonnull(strstr(tblog_writer_message(other.writer), strerror(ENOSPC)));
        ck_assert_int_eq(tblog_add_scalar(other.writer, "t", 0, 1), TBLOG_IO);
        ck_assert_str_eq(tblog_writer_message(f.writer), "the tag is empty");
        /* A later accepted call forgets it. */
        ck_assert_int_eq(i == 0   ? tblog_add_scalar(f.writer, "t", 0, 1)
                         : i == 1 ? tblog_add_scalars(f.writer, 0, &scalar, 1)
                                  : tblog_writer_flush(f.writer),
                         TBLOG_OK);
        ck_assert_str_eq(tblog_writer_message(f.writer), "");
    }
    memory_file_fail(&other.file, SIZE_MAX, SIZE_MAX, 0);
    tblog_writer_clear_error(other.writer);
    ck_assert_int_eq(tblog_writer_close(other.writer), TBLOG_OK);
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    writer_fixture_free(&other);
    writer_fixture_free(&f);
}
END_TEST

static void *refuse_on_thread(void *writer)
{
    check_refusal(writer, tblog_add_scalar(writer, NULL, 0, 1), "the tag is NULL");
    return NULL;
}

START_TEST(each_thread_has_its_own_refusals)
{
    writer_fixture f;
    writer_fixture_make(&f);
    ck_assert_int_eq(writer_fixture_open(&f), TBLOG_OK);
    check_refusal(f.writer, tblog_add_scalar(f.writer, "", 0, 1), "the tag is empty");
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, refuse_on_thread, f.writer), 0);
    pthread_join(thread, NULL);
    ck_assert_str_eq(tblog_writer_message(f.writer), "the tag is empty");
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    writer_fixture_free(&f);
}
END_TEST

START_TEST(a_problem_is_one_line_of_valid_text_however_long_the_names)
{
    char name[600];
    for (size_t cut = 0; cut < 4; cut++) {
        memset(name, 'a', cut);
        for (size_t i = cut; i + 3 < sizeof name; i += 3) {
            memcpy(name + i, "\xe2\x82\xac", 3);
        }
        name[sizeof name - 4] = '\0';
        ck_assert(!refuse("%s", name));
        const size_t bytes = strlen(refusal_text(NULL));
        ck_assert_uint_ge(bytes, 250);
        ck_assert_mem_eq(refusal_text(NULL), name, bytes);
        ck_assert(admit_text(refusal_text(NULL), "the problem"));
    }
    ck_assert(!refuse("a\nb\x7f\xff\xc3\xa9z"));
    ck_assert_str_eq(refusal_text(NULL), "a?b????z");
    ck_assert(admit(true, "not this"));
    ck_assert_str_eq(refusal_text(NULL), "a?b????z");
}
END_TEST

int main(void)
{
    return RUN_TESTS(
        "refusal", refusals_of_scalars_tell_why, refusals_of_other_kinds_tell_why,
        a_refused_hyper_parameter_is_named, a_refused_hyper_parameter_of_an_experiment_is_named,
        structs_of_sizes_that_are_not_known_are_refused,
        options_of_an_older_and_a_newer_program_are_set_within_their_sizes,
        refusals_of_what_comes_once_tell_why, refusals_without_a_writer_tell_why,
        a_refusal_neither_latches_nor_hides_the_latched_error,
        a_refusal_is_of_the_last_call_with_one_writer, each_thread_has_its_own_refusals,
        a_problem_is_one_line_of_valid_text_however_long_the_names);
}
