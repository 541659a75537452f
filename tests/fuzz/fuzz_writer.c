/* Calls the writer with any arguments: the input is a list of logging calls. Each call is accepted
 * or refused. The reader then finds exactly the accepted ones, each once and complete. */
#include <string.h>

#include "fuzz_target.h"
#include "memory_file.h"
#include "reader_internal.h"
#include "writer_open.h"

/* The rest of the input. */
typedef struct input {
    const uint8_t *at;
    size_t left;
} input;

static uint8_t take_byte(input *in)
{
    if (in->left == 0) {
        return 0;
    }
    in->left--;
    return *in->at++;
}

/* The next byte is a length. Returns a copy of that many bytes after it, with a final NUL, to be
 * freed. */
static char *take_string(input *in, size_t *bytes)
{
    size_t count = take_byte(in);
    count = count < in->left ? count : in->left;
    char *string = malloc(count + 1);
    fuzz_require(string != NULL);
    memcpy(string, in->at, count);
    string[count] = '\0';
    in->at += count;
    in->left -= count;
    *bytes = count;
    return string;
}

/* One call's arguments: `data` holds `bytes` bytes, and is aligned for any element. */
typedef struct call {
    tblog_writer *writer;
    const char *tag;
    int64_t step;
    const char *data;
    size_t bytes;
    unsigned number; /* 0 .. 255 */
} call;

static tblog_status add_scalar(const call *c)
{
    double value = 0.0;
    memcpy(&value, c->data, c->bytes < sizeof value ? c->bytes : sizeof value);
    const tblog_scalar scalars[] = {{c->tag, value}, {c->data, (double)c->step}};
    return tblog_add_scalars(c->writer, c->step, scalars, 1 + c->number % 2);
}

static tblog_status add_text(const call *c)
{
    const char *const cells[] = {c->data, c->tag, "", c->data};
    switch (c->number % 3) {
    case 0:
        return tblog_add_text(c->writer, c->tag, c->step, c->data);
    case 1:
        return tblog_add_text_table(c->writer, c->tag, c->step, cells, 2, 2);
    default:
        return tblog_add_plain_text(c->writer, c->tag, c->step, c->data);
    }
}

static tblog_status add_histogram(const call *c)
{
    const void *data = c->data;
    switch (c->number % 3) {
    case 0:
        return tblog_add_histogram(c->writer, c->tag, c->step, data, c->bytes / 4, NULL);
    case 1:
        return tblog_add_histogram_double(c->writer, c->tag, c->step, data, c->bytes / 8, NULL);
    default:
        return tblog_add_histogram_buckets(c->writer, c->tag, c->step, data,
                                           c->bytes / sizeof(tblog_bucket));
    }
}

static tblog_status add_image(const call *c)
{
    const uint8_t *pixels = (const void *)c->data;
    const unsigned channels = c->number % 6;
    const uint32_t width = c->number % 5;
    const size_t row = (size_t)width * channels;
    if (c->number % 7 == 0) {
        const tblog_png pngs[] = {{pixels, c->bytes}, {pixels, c->bytes / 2}};
        return tblog_add_pngs(c->writer, c->tag, c->step, pngs, 1 + c->number / 7 % 2);
    }
    return tblog_add_image(c->writer, c->tag, c->step, pixels, width,
                           row == 0 ? 1 : (uint32_t)(c->bytes / row), channels);
}

static tblog_status add_audio(const call *c)
{
    const void *data = c->data;
    const unsigned channels = c->number % 4;
    const size_t frame = channels == 0 ? 1 : channels;
    const uint32_t rate = c->number;
    return c->number % 2 == 0 ? tblog_add_audio(c->writer, c->tag, c->step, data,
                                                c->bytes / 4 / frame, channels, rate)
                              : tblog_add_audio_int16(c->writer, c->tag, c->step, data,
                                                      c->bytes / 2 / frame, channels, rate);
}

static tblog_status add_curve(const call *c)
{
    const void *data = c->data;
    size_t count = c->bytes / sizeof(tblog_pr_counts);
    if (c->number % 2 == 0) {
        return tblog_add_pr_curve_counts(c->writer, c->tag, c->step, data, count);
    }
    count = c->bytes / (sizeof(float) + 1); /* the scores, then the labels */
    return tblog_add_pr_curve(c->writer, c->tag, c->step,
                              (const uint8_t *)data + count * sizeof(float), data, count,
                              c->number % 50);
}

static tblog_status add_mesh(const call *c)
{
    size_t points = c->bytes / 12;
    tblog_mesh mesh = {.vertices = (const void *)c->data, .vertex_count = points};
    if (c->number % 2 == 0) {
        mesh.faces = (const void *)c->data;
        mesh.face_count = points;
    }
    if (c->number % 3 == 0) {
        mesh.colors = (const void *)c->data;
    }
    if (c->number % 5 == 0) {
        mesh.config_json = c->data;
    }
    return tblog_add_mesh(c->writer, c->tag, c->step, &mesh);
}

static tblog_status add_graph(const call *c)
{
    return c->number % 2 == 0 ? tblog_add_keras_graph(c->writer, c->tag, c->step, c->data)
                              : tblog_add_graph_def(c->writer, (const uint8_t *)c->data, c->bytes);
}

static tblog_status add_session(const call *c)
{
    double number = 0.0;
    memcpy(&number, c->data, c->bytes < sizeof number ? c->bytes : sizeof number);
    const tblog_hparam hparams[] = {
        {.name = c->tag, .type = TBLOG_HPARAM_NUMBER, .number = number},
        {.name = "text", .type = TBLOG_HPARAM_STRING, .string = c->data},
        {.name = c->data, .type = (tblog_hparam_type)(c->number % 3), .string = c->tag}};
    const tblog_hparam_info info = {.name = c->tag,
                                    .description = c->data,
                                    .type = (tblog_hparam_type)(c->number % 3),
                                    .minimum = number,
                                    .maximum = number + 1.0};
    const tblog_metric_info metric = {.tag = c->data, .group = c->tag};
    const tblog_experiment experiment = {
        .hparams = &info, .hparam_count = 1, .metrics = &metric, .metric_count = 1};
    switch (c->number % 4) {
    case 0:
        return tblog_add_session_start(c->writer, c->tag, hparams, 1 + c->number / 4 % 3);
    case 1:
        return tblog_add_session_end(c->writer, (tblog_session_result)(c->number / 4 % 4));
    default:
        return tblog_add_experiment(c->writer, &experiment);
    }
}

static tblog_status add_layout(const call *c)
{
    const char *const tags[] = {c->tag, c->data};
    const tblog_band band = {c->tag, c->data, "upper"};
    const tblog_chart chart = {.title = c->data,
                               .tags = tags,
                               .tag_count = c->number % 3,
                               .bands = &band,
                               .band_count = c->number / 3 % 2};
    const tblog_category category = {.title = c->tag, .charts = &chart, .chart_count = 1};
    return tblog_add_custom_scalars(c->writer, &category, 1);
}

static tblog_status log_one(tblog_writer *writer, input *in)
{
    static tblog_status (*const calls[])(const call *) = {
        add_scalar, add_text, add_histogram, add_image,   add_audio,
        add_curve,  add_mesh, add_graph,     add_session, add_layout};
    const uint8_t kind = take_byte(in);
    size_t tag_bytes;
    char *tag = take_string(in, &tag_bytes);
    call c = {.writer = writer, .tag = tag, .number = take_byte(in), .step = take_byte(in)};
    char *data = take_string(in, &c.bytes);
    c.data = data;
    const tblog_status status = calls[kind % (sizeof calls / sizeof calls[0])](&c);
    free(data);
    free(tag);
    return status;
}

/* The reader finds exactly that many events after the first. */
static void require_events(memory_file *file, size_t count)
{
    tblog_reader *reader;
    const tblog_event *event;
    fuzz_require(reader_open_on_source(&reader, memory_file_source(file)) == TBLOG_OK);
    fuzz_require(tblog_reader_next(reader, &event) == TBLOG_OK && event->file_version != NULL);
    for (size_t i = 0; i < count; i++) {
        fuzz_require(tblog_reader_next(reader, &event) == TBLOG_OK);
    }
    fuzz_require(tblog_reader_next(reader, &event) == TBLOG_END);
    tblog_reader_close(reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = {.at = data, .left = size};
    memory_file file;
    memory_file_init(&file);
    tblog_writer_options options;
    tblog_writer_options_init(&options);
    options.flush_interval_ms = 0;
    options.tensor_scalars = take_byte(&in) % 2 == 1;
    tblog_writer *writer;
    fuzz_require(writer_open_on_sink(&writer, memory_file_sink(&file), "fuzz", &options,
                                     &flush_timer_system) == TBLOG_OK);
    size_t accepted = 0;
    while (in.left > 0) {
        const tblog_status status = log_one(writer, &in);
        fuzz_require(status == TBLOG_OK || status == TBLOG_INVALID);
        accepted += status == TBLOG_OK;
    }
    fuzz_require(tblog_writer_close(writer) == TBLOG_OK);
    require_events(&file, accepted);
    memory_file_free(&file);
    return 0;
}
