/* Writes a run with every kind of value for stock_kinds.py, which has the expected values; its
 * scalars are tensors, its last event is the graph: write_kinds DIRECTORY. */
#include <math.h>
#include <stdio.h>

#include "tblog/tblog.h"

static tblog_status write_text(tblog_writer *writer)
{
    static const char *const cells[] = {"name", "*value*", "rate", "0.001", "\xc3\xa9", ""};
    tblog_status status = tblog_add_text(writer, "note", 1, "# Title\n\n*\xc3\xa9t\xc3\xa9*");
    if (status == TBLOG_OK) {
        status = tblog_add_text(writer, "note", 2, "");
    }
    if (status == TBLOG_OK) {
        status = tblog_add_text_table(writer, "table", 1, cells, 3, 2);
    }
    return status;
}

static tblog_status write_histograms(tblog_writer *writer)
{
    static const tblog_bucket buckets[] = {{-1.0, 0.0, 3.0}, {0.0, 1.0, 0.5}, {1.0, 4.0, 2.0}};
    float values[1000];
    size_t non_finite = 0;
    for (int i = 0; i < 1000; i++) {
        values[i] = i % 100 == 0 ? NAN : (float)(i % 31) * 0.25f - 3.0f;
    }
    tblog_status status = tblog_add_histogram(writer, "weights", 0, values, 1000, &non_finite);
    if (status == TBLOG_OK && non_finite != 10) {
        status = TBLOG_INVALID;
    }
    if (status == TBLOG_OK) {
        status = tblog_add_histogram(writer, "weights", 1, values + 1, 1, NULL);
    }
    if (status == TBLOG_OK) {
        status = tblog_add_histogram(writer, "weights", 2, NULL, 0, NULL);
    }
    static const double doubles[] = {-1e300, 0.1, 1e300};
    if (status == TBLOG_OK) {
        status = tblog_add_histogram_double(writer, "doubles", 0, doubles, 3, NULL);
    }
    if (status == TBLOG_OK) {
        status = tblog_add_histogram_buckets(writer, "buckets", 0, buckets, 3);
    }
    return status;
}

/* Two images of 5 by 3 pixels with each number of channels. */
static tblog_status write_images(tblog_writer *writer)
{
    static const char *const tags[] = {"grey", "grey_alpha", "rgb", "rgba"};
    uint8_t pixels[2 * 3 * 5 * 4];
    for (size_t i = 0; i < sizeof pixels; i++) {
        pixels[i] = (uint8_t)(i * i * 37 + i);
    }
    tblog_status status = TBLOG_OK;
    for (unsigned channels = 1; channels <= 4 && status == TBLOG_OK; channels++) {
        status = tblog_add_images(writer, tags[channels - 1], 4, pixels, 2, 5, 3, channels);
    }
    for (int64_t step = 5; step < 7 && status == TBLOG_OK; step++) {
        status = tblog_add_image(writer, "rgb", step, pixels + step, 3, 5, 3);
    }
    return status;
}

/* Two ready files: a red pixel left of a blue one, and (1, 2, 3) above (4, 5, 6). */
static tblog_status write_pngs(tblog_writer *writer)
{
    static const uint8_t wide[] = {
        0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44,
        0x52, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x01, 0x08, 0x02, 0x00, 0x00, 0x00, 0x7b,
        0x40, 0xe8, 0xdd, 0x00, 0x00, 0x00, 0x0f, 0x49, 0x44, 0x41, 0x54, 0x78, 0xda, 0x63, 0xf8,
        0xcf, 0xc0, 0xc0, 0xd0, 0xf0, 0x1f, 0x00, 0x08, 0x00, 0x02, 0x7f, 0x25, 0x3e, 0xfc, 0x09,
        0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82};
    static const uint8_t high[] = {
        0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44,
        0x52, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x02, 0x08, 0x02, 0x00, 0x00, 0x00, 0x16,
        0xe3, 0x21, 0x70, 0x00, 0x00, 0x00, 0x10, 0x49, 0x44, 0x41, 0x54, 0x78, 0xda, 0x63, 0x60,
        0x64, 0x62, 0x66, 0x62, 0x66, 0x66, 0x06, 0x00, 0x00, 0x44, 0x00, 0x12, 0xde, 0x0b, 0xdd,
        0x36, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82};
    const tblog_png pngs[] = {{wide, sizeof wide}, {high, sizeof high}};
    return tblog_add_pngs(writer, "ready", 4, pngs, 2);
}

static tblog_status write_audio(tblog_writer *writer)
{
    float samples[400][2];
    for (int i = 0; i < 400; i++) {
        samples[i][0] = (float)(i * 37 % 101) / 50.0f - 1.0f;
        samples[i][1] = (float)(i - 200) / 100.0f;
    }
    tblog_status status = tblog_add_audio(writer, "sound", 0, &samples[0][0], 400, 2, 8000);
    static const int16_t mono[] = {0, 1, -1, INT16_MAX, INT16_MIN};
    if (status == TBLOG_OK) {
        status = tblog_add_audio_int16(writer, "sound", 1, mono, 5, 1, 44100);
    }
    return status;
}

static tblog_status write_pr_curves(tblog_writer *writer)
{
    static const tblog_pr_counts counts[] = {{5, 3, 0, 0}, {4, 1, 2, 1}, {1, 0, 3, 4}};
    uint8_t labels[500];
    float scores[500];
    for (unsigned i = 0; i < 500; i++) {
        scores[i] = (float)(i * 389 % 500) / 499.0f;
        labels[i] = i * 31 % 7 < 3;
    }
    tblog_status status = tblog_add_pr_curve(writer, "scores", 2, labels, scores, 500, 201);
    if (status == TBLOG_OK) {
        status = tblog_add_pr_curve(writer, "scores", 3, labels, scores, 250, 201);
    }
    if (status == TBLOG_OK) {
        status = tblog_add_pr_curve_counts(writer, "counts", 0, counts, 3);
    }
    return status;
}

static tblog_status write_hparams(tblog_writer *writer)
{
    static const tblog_hparam hparams[] = {
        {.name = "rate", .type = TBLOG_HPARAM_NUMBER, .number = 0.25},
        {.name = "optimizer", .type = TBLOG_HPARAM_STRING, .string = "adam"},
        {.name = "shuffled", .type = TBLOG_HPARAM_BOOL, .boolean = true}};
    static const tblog_hparam_info infos[] = {
        {.name = "rate", .type = TBLOG_HPARAM_NUMBER, .minimum = 0.0, .maximum = 1.0},
        {.name = "optimizer", .type = TBLOG_HPARAM_STRING, .values = &hparams[1], .value_count = 1},
        {.name = "shuffled", .type = TBLOG_HPARAM_BOOL, .display_name = "In random order"}};
    static const tblog_metric_info metrics[] = {{.tag = "loss", .display_name = "Loss"}};
    static const tblog_experiment experiment = {.description = "*Three* of them",
                                                .hparams = infos,
                                                .hparam_count = 3,
                                                .metrics = metrics,
                                                .metric_count = 1};
    tblog_status status = tblog_add_experiment(writer, &experiment);
    if (status == TBLOG_OK) {
        status = tblog_add_session_start(writer, NULL, hparams, 3);
    }
    for (int64_t step = 2; step < 4 && status == TBLOG_OK; step++) {
        status = tblog_add_scalar(writer, "loss", step, 2.0 / (double)(step + 1));
    }
    if (status == TBLOG_OK) {
        status = tblog_add_session_end(writer, TBLOG_SESSION_SUCCEEDED);
    }
    return status;
}

static tblog_status write_layout(tblog_writer *writer)
{
    static const char *const lines[] = {"loss", "val.*"};
    static const tblog_band bands[] = {{"loss", "loss/low", "loss/high"}};
    static const tblog_chart charts[] = {{.title = "Lines", .tags = lines, .tag_count = 2},
                                         {.title = "Band", .bands = bands, .band_count = 1}};
    static const tblog_category category = {
        .title = "Losses", .charts = charts, .chart_count = 2, .closed = true};
    tblog_status status = tblog_add_custom_scalars(writer, &category, 1);
    for (int64_t step = 2; step < 4 && status == TBLOG_OK; step++) {
        const tblog_scalar scalars[] = {
            {"loss/low", 0.25}, {"loss/high", 0.75}, {"value", (double)step}};
        status = tblog_add_scalars(writer, step, scalars, 3);
    }
    return status;
}

static tblog_status write_meshes(tblog_writer *writer)
{
    static const float vertices[] = {0, 0, 0, 1, 0, 0.5f, 0, 1, -2, 1, 1, 1};
    static const int32_t faces[] = {0, 1, 2, 1, 3, 2};
    static const uint8_t colors[] = {255, 0, 0, 0, 255, 0, 0, 0, 255, 1, 2, 3};
    const tblog_mesh quad = {.vertices = vertices,
                             .vertex_count = 4,
                             .faces = faces,
                             .face_count = 2,
                             .colors = colors,
                             .config_json = "{\"camera\": {\"cls\": \"PerspectiveCamera\"}}"};
    const tblog_mesh points = {.vertices = vertices, .vertex_count = 4};
    tblog_status status = tblog_add_mesh(writer, "quad", 5, &quad);
    if (status == TBLOG_OK) {
        status = tblog_add_mesh(writer, "points", 5, &points);
    }
    return status;
}

static tblog_status write_graph(tblog_writer *writer)
{
    /* GraphDef{node{name "a" op "Placeholder"} node{name "b" op "Identity" input "a"}} */
    static const char graph[] = "\x0a\x10"
                                "\x0a\x01"
                                "a\x12\x0b"
                                "Placeholder"
                                "\x0a\x10"
                                "\x0a\x01"
                                "b\x12\x08"
                                "Identity\x1a\x01"
                                "a";
    return tblog_add_graph_def(writer, (const uint8_t *)graph, sizeof graph - 1);
}

/* Beside the event file. */
static tblog_status write_projector(const char *directory)
{
    static const float words[] = {0.1f, -2.0f, 3e-8f, 1.0f, 0.0f, -0.0f, 1e20f, 7.0f, 1.0f / 3.0f};
    static const float coded[] = {-1.5f, 2.25f, 1e-3f, -7.0f};
    static const char *const labels[] = {"a", "b \xc3\xa9", ""};
    static const char *const names[] = {"digit", "right"};
    static const char *const table[] = {"1", "yes", "2", "no"};
    uint8_t thumbnails[3][2][4][3];
    for (size_t i = 0; i < sizeof thumbnails; i++) {
        (&thumbnails[0][0][0][0])[i] = (uint8_t)(i * 7);
    }
    const tblog_embedding embeddings[] = {{.name = "words \"\\\xc3\xa9",
                                           .vectors = words,
                                           .row_count = 3,
                                           .column_count = 3,
                                           .labels = labels,
                                           .label_column_count = 1,
                                           .thumbnails = &thumbnails[0][0][0][0],
                                           .thumbnail_width = 4,
                                           .thumbnail_height = 2,
                                           .thumbnail_channels = 3},
                                          {.name = "coded",
                                           .vectors = coded,
                                           .row_count = 2,
                                           .column_count = 2,
                                           .format = TBLOG_VECTORS_BINARY,
                                           .labels = table,
                                           .label_column_count = 2,
                                           .label_names = names},
                                          /* Bytes that could be mistaken for text. */
                                          {.name = "ones",
                                           .vectors = &words[3],
                                           .row_count = 1,
                                           .column_count = 2,
                                           .format = TBLOG_VECTORS_BINARY}};
    return tblog_write_projector(directory, embeddings, 3);
}

int main(int argc, char **argv)
{
    tblog_writer_options options;
    tblog_writer_options_init(&options);
    options.tensor_scalars = true;
    static tblog_status (*const kinds[])(tblog_writer *) = {
        write_text,      write_histograms, write_images, write_pngs,   write_audio,
        write_pr_curves, write_hparams,    write_layout, write_meshes, write_graph};
    tblog_writer *writer;
    if (argc != 2 || tblog_writer_open(&writer, argv[1], &options) != TBLOG_OK) {
        fprintf(stderr, "write_kinds: no run could be made\n");
        return 1;
    }
    size_t failed = 0;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const tblog_status status = kinds[i](writer);
        if (status != TBLOG_OK) {
            fprintf(stderr, "write_kinds: kind %zu: %s\n", i, tblog_status_string(status));
            failed++;
        }
    }
    if (write_projector(argv[1]) != TBLOG_OK) {
        perror("write_kinds: projector");
        failed++;
    }
    return tblog_writer_close(writer) == TBLOG_OK && failed == 0 ? 0 : 1;
}
