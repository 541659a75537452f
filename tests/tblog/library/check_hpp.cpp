// tblog.hpp: what C++ programs log, and how they hear of errors. Built a second time without
// exceptions, and by other compilers and standards in check_hpp_compilers.py.
#include <tblog/tblog.hpp>

#include <array>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <list>
#include <map>
#include <thread>

#include <sys/resource.h>
#include <unistd.h>

extern "C" {
#include "check_main.h"
#include "temporary_directory.h"
}
#if __cplusplus >= 202002L
#include <ranges>
#include <span>
static_assert(std::ranges::input_range<tblog::reader>);
static_assert(!std::ranges::forward_range<tblog::reader>);
static_assert(std::ranges::sized_range<tblog::values>);
#endif

static_assert(std::is_nothrow_move_constructible_v<tblog::writer>);
static_assert(std::is_nothrow_move_assignable_v<tblog::writer>);
static_assert(!std::is_copy_constructible_v<tblog::writer>);
static_assert(std::is_nothrow_move_constructible_v<tblog::reader>);
static_assert(std::is_nothrow_move_assignable_v<tblog::reader>);
static_assert(!std::is_copy_constructible_v<tblog::reader>);
static_assert(!std::is_convertible_v<const char *, tblog::writer>);
static_assert(std::is_base_of_v<std::runtime_error, tblog::error>);
static_assert(tblog::detail::is_contiguous<const float[3]>);
static_assert(tblog::detail::is_contiguous<std::vector<int>>);
static_assert(!tblog::detail::is_contiguous<std::vector<bool>>);
static_assert(!tblog::detail::is_contiguous<std::list<float>>);

namespace
{

temporary_directory directory;

void make_directory()
{
    temporary_directory_make(&directory);
}

void remove_directory()
{
    temporary_directory_remove(&directory);
}

std::string run(const char *name = "run")
{
    return std::string(directory.path) + "/" + name;
}

// Each call writes its event before it returns.
tblog::options write_through()
{
    tblog::options options;
    options.flush_interval_ms = 0;
    return options;
}

tblog::writer open_writer(const tblog::options &options = write_through(), const char *name = "run")
{
    tblog::writer log;
    ck_assert_int_eq(log.try_open(run(name), options), TBLOG_OK);
    return log;
}

void check_text(const std::string &text, const std::string &expected)
{
    ck_assert_msg(text == expected, "'%s' is not '%s'", text.c_str(), expected.c_str());
}

void check_has(const std::string &text, const char *part)
{
    ck_assert_msg(text.find(part) != std::string::npos, "no '%s' in '%s'", part, text.c_str());
}

// Lets the calls that write events fail while it is there.
class file_size_limit
{
  public:
    file_size_limit()
    {
        std::signal(SIGXFSZ, SIG_IGN);
        ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before_), 0);
        const rlimit none = {1, before_.rlim_max};
        ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
    }
    ~file_size_limit()
    {
        ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before_), 0);
    }
    file_size_limit(const file_size_limit &) = delete;
    file_size_limit &operator=(const file_size_limit &) = delete;

  private:
    rlimit before_{};
};

// From now on every event that is logged is an I/O error.
void lose_file(const tblog::writer &log)
{
    ck_assert_int_eq(unlink(tblog_writer_path(log.get())), 0);
}

struct point {
    int64_t step;
    std::string tag;
    double value;
    bool operator==(const point &other) const
    {
        return step == other.step && tag == other.tag && std::equal_to<>()(value, other.value);
    }
};

// All values of a file; those that are no scalars count as 0.
std::vector<point> read_points(const std::string &path)
{
    tblog::reader events;
    ck_assert_int_eq(events.try_open(path), TBLOG_OK);
    std::vector<point> points;
    for (const tblog_event &event : events) {
        for (const tblog_value *value : tblog::values(event)) {
            points.push_back({event.step, value->tag, value->scalar});
        }
    }
    ck_assert_int_eq(events.status(), TBLOG_END);
    return points;
}

void check_points(const std::string &path, const std::vector<point> &expected)
{
    ck_assert(read_points(path) == expected);
}

// Closes the writer, and reads.
void check_logged(tblog::writer &log, const std::vector<point> &expected)
{
    const std::string path = tblog_writer_path(log.get());
    ck_assert_int_eq(log.try_close(), TBLOG_OK);
    check_points(path, expected);
}

// The last value of a file with only one tag.
std::vector<double> read_numbers(const std::string &path)
{
    tblog::reader events;
    ck_assert_int_eq(events.try_open(path), TBLOG_OK);
    std::vector<double> numbers;
    for (const tblog_event &event : events) {
        for (const tblog_value *value : tblog::values(event)) {
            numbers.assign(value->numbers, value->numbers + value->number_count);
        }
    }
    return numbers;
}

// ---- Logging ----

START_TEST(scalars_of_a_step_come_from_lists_and_maps)
{
    tblog::writer log = open_writer();
    const int epoch = 3;
    const float loss = 0.5F;
    ck_assert_int_eq(log.add_scalar("rate", 1, 0.25), TBLOG_OK);
    ck_assert_int_eq(log.add_scalars(2, {{"epoch", epoch}, {"loss", loss}}), TBLOG_OK);
    const std::map<std::string, float> measured{{"a", 1.0F}, {"b", 2.0F}};
    ck_assert_int_eq(log.add_scalars(3, measured), TBLOG_OK);
    ck_assert_int_eq(log.add_scalars(4, {}), TBLOG_OK);
    ck_assert_int_eq(log.add_scalars(5, {{"a", 4.0}}), TBLOG_OK);
    check_logged(log, {{1, "rate", 0.25},
                       {2, "epoch", 3.0},
                       {2, "loss", 0.5},
                       {3, "a", 1.0},
                       {3, "b", 2.0},
                       {5, "a", 4.0}});
}
END_TEST

START_TEST(tags_need_no_nul_and_names_may_be_paths)
{
    tblog::writer log;
    ck_assert_int_eq(log.try_open(std::filesystem::path(run()) / "inner"), TBLOG_OK);
    const std::string_view line = "train/loss,validation/loss";
    log.add_scalar(line.substr(0, 10), 0, 1.0);
    log.add_scalars(1, {{line.substr(0, 10), 2.0}, {std::string("x"), 3.0}});
    check_logged(log, {{0, "train/loss", 1.0}, {1, "train/loss", 2.0}, {1, "x", 3.0}});
}
END_TEST

START_TEST(histograms_come_from_pointers_and_containers_of_any_number)
{
    const float floats[] = {0, 1, 4};
    const std::vector<int> integers{0, 1, 4};
    const std::array<double, 3> doubles{0, 1, 4};
    const auto log_all = [&](tblog::writer &log, int form) {
        switch (form) {
        case 0:
            return log.add_histogram("h", 0, floats, 3);
        case 1:
            return log.add_histogram("h", 0, floats);
        case 2:
            return log.add_histogram("h", 0, integers);
        case 3:
            return log.add_histogram("h", 0, doubles.data(), doubles.size());
#if __cplusplus >= 202002L
        case 4:
            return log.add_histogram("h", 0, std::span(floats));
#endif
        default:
            return log.add_histogram("h", 0, doubles);
        }
    };
    std::vector<double> expected;
    for (int form = 0; form < 6; form++) {
        tblog::writer log = open_writer();
        const std::string path = tblog_writer_path(log.get());
        ck_assert_int_eq(log_all(log, form), TBLOG_OK);
        ck_assert_int_eq(log.try_close(), TBLOG_OK);
        const std::vector<double> buckets = read_numbers(path);
        if (form == 0) {
            expected = buckets;
        }
        ck_assert_uint_eq(buckets.size(), 90); // 30 of a left, a right and a count
        ck_assert(buckets == expected);
    }
}
END_TEST

START_TEST(histograms_of_no_values_and_of_null_are_as_in_c)
{
    tblog::writer log = open_writer();
    ck_assert_int_eq(log.add_histogram("h", 0, std::vector<int>()), TBLOG_OK);
    ck_assert_int_eq(log.add_histogram("h", 1, static_cast<const int *>(nullptr), 0), TBLOG_OK);
    ck_assert_int_eq(log.status(), TBLOG_OK);
    ck_assert_int_eq(log.add_histogram("h", 2, static_cast<const float *>(nullptr), 3),
                     TBLOG_INVALID);
    ck_assert_int_eq(log.add_histogram("h", 2, static_cast<const int *>(nullptr), 3),
                     TBLOG_INVALID);
    check_text(log.message(), "the values are NULL");
}
END_TEST

START_TEST(images_come_from_pointers_and_containers_of_their_size)
{
    tblog::writer log = open_writer();
    std::vector<std::uint8_t> pixels(2 * 3 * 3, 100);
    const std::array<std::byte, 6> grey{};
    ck_assert_int_eq(log.add_image("i", 0, pixels.data(), 3, 2, 3), TBLOG_OK);
    ck_assert_int_eq(log.add_image("i", 1, pixels, 3, 2, 3), TBLOG_OK);
    ck_assert_int_eq(log.add_image("i", 2, grey, 3, 2, 1), TBLOG_OK);
    ck_assert_int_eq(log.status(), TBLOG_OK);
    pixels.pop_back();
    ck_assert_int_eq(log.add_image("i", 3, pixels, 3, 2, 3), TBLOG_INVALID);
    check_text(log.message(), "not width * height * channels pixels");
    const std::string path = tblog_writer_path(log.get());
    ck_assert_int_eq(log.try_close(), TBLOG_INVALID);
    check_points(path, {{0, "i", 0}, {1, "i", 0}, {2, "i", 0}});
}
END_TEST

START_TEST(texts_and_hyper_parameters_are_logged)
{
    tblog::writer log = open_writer();
    const std::string path = tblog_writer_path(log.get());
    const std::string optimizer = "adam";
    ck_assert_int_eq(log.add_text("note", 7, "*seven*"), TBLOG_OK);
    ck_assert_int_eq(log.add_hparams({{"rate", 0.25},
                                      {"batch_size", 32},
                                      {"optimizer", optimizer},
                                      {"schedule", "cosine"},
                                      {"shuffled", true}}),
                     TBLOG_OK);
    const std::vector<tblog::hparam> again{{"rate", 0.5}};
    ck_assert_int_eq(log.add_hparams(again), TBLOG_INVALID); // once in a run
    ck_assert_int_eq(log.try_close(), TBLOG_INVALID);
    tblog::reader events;
    ck_assert_int_eq(events.try_open(path), TBLOG_OK);
    std::string content;
    for (const tblog_event &event : events) {
        for (const tblog_value *value : tblog::values(event)) {
            if (value->kind == TBLOG_VALUE_STRING) {
                const tblog_bytes &text = value->strings[0];
                ck_assert_int_eq(event.step, 7);
                ck_assert(std::string(text.data, text.data + text.count) == "*seven*");
            }
            const tblog_bytes &bytes = value->plugin_content;
            content.append(bytes.data, bytes.data + bytes.count);
        }
    }
    for (const char *part : {"rate", "batch_size", "optimizer", "adam", "cosine", "shuffled"}) {
        ck_assert_msg(content.find(part) != std::string::npos, "%s", part);
    }
}
END_TEST

START_TEST(functions_of_the_c_header_join_in)
{
    tblog::writer log = open_writer();
    ck_assert_int_eq(log.report(tblog_add_keras_graph(log.get(), "keras", 0, "{}")), TBLOG_OK);
    ck_assert_int_eq(log.report(tblog_add_keras_graph(log.get(), "keras", 0, "")), TBLOG_INVALID);
    check_text(log.message(), "the model's JSON is empty");
}
END_TEST

START_TEST(flushed_points_are_in_the_file)
{
    tblog::options options;
    options.flush_interval_ms = 3600 * 1000;
    tblog::writer log = open_writer(options);
    log.add_scalar("a", 0, 1.0);
    ck_assert_int_eq(log.flush(), TBLOG_OK);
    check_points(tblog_writer_path(log.get()), {{0, "a", 1.0}});
    log.add_scalar("a", 1, 2.0);
    ck_assert_int_eq(log.sync(), TBLOG_OK);
    check_points(tblog_writer_path(log.get()), {{0, "a", 1.0}, {1, "a", 2.0}});
}
END_TEST

// ---- Moving ----

START_TEST(a_writer_moves_and_leaves_one_that_is_not_open)
{
    tblog::writer first = open_writer();
    const std::string first_path = tblog_writer_path(first.get());
    first.add_scalar("a", 0, 1.0);
    tblog::writer second(std::move(first));
    ck_assert_ptr_null(first.get()); // NOLINT: it is looked at for that
    ck_assert_int_eq(first.add_scalar("a", 1, 1.0), TBLOG_INVALID);
    ck_assert_int_eq(first.status(), TBLOG_OK);
    check_text(first.message(), "");
    ck_assert_int_eq(first.try_close(), TBLOG_OK);
    second.add_scalar("a", 1, 2.0);

    tblog::writer third = open_writer(write_through(), "other");
    const std::string third_path = tblog_writer_path(third.get());
    third.add_scalar("b", 0, 3.0);
    third = std::move(second);
    check_points(third_path, {{0, "b", 3.0}});
    third.add_scalar("a", 2, 3.0);
    tblog::writer &same = third;
    third = std::move(same);
    check_logged(third, {{0, "a", 1.0}, {1, "a", 2.0}, {2, "a", 3.0}});
    ck_assert_str_eq(tblog_writer_path(third.get()), "");
    first = open_writer();
    ck_assert_int_eq(first.add_scalar("a", 0, 1.0), TBLOG_OK);
    std::swap(first, third);
    ck_assert_int_eq(third.add_scalar("a", 1, 1.0), TBLOG_OK);
    check_points(first_path, {{0, "a", 1.0}, {1, "a", 2.0}, {2, "a", 3.0}});
}
END_TEST

START_TEST(a_writer_that_goes_out_of_scope_has_written_all)
{
    std::string path;
    {
        tblog::options options;
        options.flush_interval_ms = 3600 * 1000;
        tblog::writer log = open_writer(options);
        path = tblog_writer_path(log.get());
        log.add_scalar("a", 0, 1.0);
    }
    check_points(path, {{0, "a", 1.0}});
}
END_TEST

// ---- Errors ----

START_TEST(the_first_error_stays_and_close_returns_it)
{
    tblog::writer log = open_writer();
    ck_assert_int_eq(log.add_scalar("a", 0, 1.0), TBLOG_OK);
    ck_assert_int_eq(log.add_scalar("", 1, 1.0), TBLOG_INVALID);
    ck_assert_int_eq(log.add_histogram("a", 2, std::array{1.0F}), TBLOG_INVALID);
    ck_assert_int_eq(log.add_scalar("a", 3, 2.0), TBLOG_OK);
    ck_assert_int_eq(log.status(), TBLOG_INVALID);
    check_text(log.message(), "the tag is empty");
    const std::string path = tblog_writer_path(log.get());
    ck_assert_int_eq(log.try_close(), TBLOG_INVALID);
    check_text(log.message(), "the tag is empty");
    check_points(path, {{0, "a", 1.0}, {3, "a", 2.0}});
    ck_assert_int_eq(log.try_open(run(), write_through()), TBLOG_OK);
    ck_assert_int_eq(log.status(), TBLOG_OK);
}
END_TEST

START_TEST(an_error_of_the_writers_thread_is_met_without_a_call)
{
    tblog::options options;
    options.flush_interval_ms = 3600 * 1000;
    tblog::writer log = open_writer(options);
    log.add_scalar("a", 0, 1.0);
    lose_file(log);
    ck_assert_int_eq(tblog_writer_flush(log.get()), TBLOG_IO); // as the thread does it
    ck_assert_int_eq(log.status(), TBLOG_IO);
    check_has(log.message(), "write failed: No such file");
    ck_assert_int_eq(log.try_close(), TBLOG_IO);
}
END_TEST

START_TEST(an_error_that_a_retry_clears_is_no_error_of_the_writer)
{
    tblog::options options;
    options.flush_interval_ms = 3600 * 1000;
    options.retry_after_error = true;
    tblog::writer log = open_writer(options);
    log.add_scalar("a", 0, 1.0);
    {
        const file_size_limit limit;
        ck_assert_int_eq(log.flush(), TBLOG_IO);
        ck_assert_int_eq(log.status(), TBLOG_IO);
        check_has(log.message(), "write failed: File too large");
    }
    ck_assert_int_eq(log.flush(), TBLOG_OK);
    ck_assert_int_eq(log.status(), TBLOG_OK);
    check_text(log.message(), "");
    check_logged(log, {{0, "a", 1.0}});
}
END_TEST

START_TEST(an_error_that_the_program_clears_is_forgotten)
{
    tblog::options options;
    options.flush_interval_ms = 3600 * 1000;
    tblog::writer log = open_writer(options);
    log.add_scalar("a", 0, 1.0);
    const auto fail_flush = [&] {
        const file_size_limit limit;
        ck_assert_int_eq(log.flush(), TBLOG_IO);
        ck_assert_int_eq(log.status(), TBLOG_IO);
    };
    fail_flush();
    tblog_writer_clear_error(log.get());
    ck_assert_int_eq(log.status(), TBLOG_OK);
    fail_flush();
    log.clear_error();
    ck_assert_int_eq(log.status(), TBLOG_OK);
    log.add_scalar("", 1, 1.0);
    ck_assert_int_eq(log.status(), TBLOG_INVALID);
    log.clear_error();
    check_text(log.message(), "");
    check_logged(log, {{0, "a", 1.0}});
    tblog::writer().clear_error();
}
END_TEST

START_TEST(on_error_may_call_the_writer_before_it_reads_the_message)
{
    std::vector<std::string> heard;
    tblog::writer log;
    tblog::options options = write_through();
    options.on_error = [&](tblog_status, const char *message) {
        check_text(log.message(), "the tag is empty");
        ck_assert_int_eq(log.add_scalar("hook", 0, 1.0), TBLOG_OK);
        heard.emplace_back(message);
    };
    ck_assert_int_eq(log.try_open(run(), options), TBLOG_OK);
    ck_assert_int_eq(log.add_scalar("", 0, 1.0), TBLOG_INVALID);
    ck_assert(heard == std::vector<std::string>{"the tag is empty"});
}
END_TEST

START_TEST(on_error_is_called_once_for_an_error)
{
    std::vector<std::pair<tblog_status, std::string>> heard;
    tblog::options options = write_through();
    options.on_error = [&](tblog_status status, const char *message) {
        heard.emplace_back(status, message);
    };
    {
        tblog::writer log = open_writer(options);
        log.add_scalar("a", 0, 1.0);
        ck_assert_uint_eq(heard.size(), 0);
        log.add_scalar("", 0, 1.0);
        log.add_scalar("", 0, 1.0);
        ck_assert_uint_eq(heard.size(), 2); // two calls were wrong
        ck_assert(heard[1] == std::make_pair(TBLOG_INVALID, std::string("the tag is empty")));
        lose_file(log);
        for (int step = 1; step < 5; step++) {
            ck_assert_int_eq(log.add_scalar("a", step, 1.0), TBLOG_IO);
        }
        ck_assert_int_eq(log.flush(), TBLOG_IO);
        ck_assert_uint_eq(heard.size(), 3);
        ck_assert_int_eq(heard[2].first, TBLOG_IO);
        check_has(heard[2].second, "write failed: No such file");
        tblog_writer_clear_error(log.get());
        ck_assert_int_eq(log.add_scalar("a", 5, 1.0), TBLOG_OK);
        lose_file(log);
        ck_assert_int_eq(log.add_scalar("a", 6, 1.0), TBLOG_IO);
        ck_assert_uint_eq(heard.size(), 4);
        tblog::writer moved(std::move(log));
        ck_assert_int_eq(moved.add_scalar("a", 7, 1.0), TBLOG_IO);
    }
    ck_assert_uint_eq(heard.size(), 4); // the destructor met the same
}
END_TEST

START_TEST(on_error_is_called_by_the_destructor_and_by_an_open_that_fails)
{
    std::vector<tblog_status> heard;
    tblog::options options;
    options.flush_interval_ms = 3600 * 1000;
    options.on_error = [&](tblog_status status, const char *) { heard.push_back(status); };
    {
        tblog::writer log = open_writer(options);
        log.add_scalar("a", 0, 1.0);
        lose_file(log);
    }
    ck_assert(heard == std::vector{TBLOG_IO});
    tblog::writer log;
    ck_assert_int_eq(log.try_open("/dev/null/x", options), TBLOG_IO);
    ck_assert_uint_eq(heard.size(), 2);
}
END_TEST

START_TEST(a_full_queue_is_an_error)
{
    int heard = 0;
    tblog::options options;
    options.flush_interval_ms = 3600 * 1000;
    options.queue_bytes = 1;
    options.full_queue = TBLOG_FULL_QUEUE_FAIL;
    options.on_error = [&](tblog_status, const char *) { heard++; };
    tblog::writer log = open_writer(options);
    tblog_status status = TBLOG_OK;
    for (int step = 0; step < 1000 && status == TBLOG_OK; step++) {
        status = log.add_text("a", step, std::string(100000, 'x'));
    }
    ck_assert_int_eq(status, TBLOG_FULL);
    ck_assert_int_eq(heard, 1);
    ck_assert_int_eq(log.status(), TBLOG_FULL);
    check_text(log.message(), tblog_status_string(TBLOG_FULL));
}
END_TEST

START_TEST(threads_share_a_writer_and_its_errors)
{
    enum { THREADS = 4, STEPS = 200 };
    std::atomic<int> heard{0};
    tblog::options options;
    options.on_error = [&](tblog_status, const char *) { heard++; };
    tblog::writer log = open_writer(options);
    std::vector<std::thread> threads;
    for (int thread = 0; thread < THREADS; thread++) {
        threads.emplace_back([&log, thread] {
            const std::string tag = "tag " + std::to_string(thread);
            for (int step = 0; step < STEPS; step++) {
                log.add_scalar(tag, step, 1.0);
                log.add_scalar("", step, 1.0);
            }
        });
    }
    for (std::thread &thread : threads) {
        thread.join();
    }
    ck_assert_int_eq(heard, THREADS * STEPS);
    const std::string path = tblog_writer_path(log.get());
    ck_assert_int_eq(log.try_close(), TBLOG_INVALID);
    check_text(log.message(), "the tag is empty");
    ck_assert_uint_eq(read_points(path).size(), THREADS * STEPS);
}
END_TEST

START_TEST(what_cannot_be_opened_says_why)
{
    tblog::writer log;
    ck_assert_int_eq(log.try_open("/dev/null/x"), TBLOG_IO);
    check_text(log.message(), "open failed: Not a directory: /dev/null/x");
    ck_assert_int_eq(log.status(), TBLOG_IO);
    ck_assert_int_eq(log.add_scalar("a", 0, 1.0), TBLOG_INVALID);
    ck_assert_int_eq(log.try_close(), TBLOG_IO);
    tblog::reader events;
    ck_assert_int_eq(events.try_open(run("none")), TBLOG_IO);
    check_has(events.message(), "No such file or directory");
    tblog::reader other;
    ck_assert_int_eq(other.try_open("/dev/null/x"), TBLOG_IO);
    check_has(events.message(), "No such file or directory");
    ck_assert(events.begin() == events.end());
    ck_assert_int_eq(events.status(), TBLOG_INVALID);
}
END_TEST

// ---- Reading ----

START_TEST(a_reader_that_is_not_open_says_so)
{
    tblog::reader never;
    ck_assert_ptr_null(never.next());
    ck_assert_int_eq(never.status(), TBLOG_INVALID);
    check_text(never.message(), "the reader is not open");
    const tblog::writer log = open_writer();
    tblog::reader first;
    ck_assert_int_eq(first.try_open(run("none")), TBLOG_IO);
    ck_assert_int_eq(first.try_open(tblog_writer_path(log.get())), TBLOG_OK);
    const tblog::reader second(std::move(first));
    check_text(first.message(), "the reader is not open"); // NOLINT: it is looked at for that
    check_text(second.message(), "");
}
END_TEST

START_TEST(a_reader_continues_when_the_file_has_grown)
{
    tblog::writer log = open_writer();
    tblog::reader events;
    ck_assert_int_eq(events.try_open(tblog_writer_path(log.get())), TBLOG_OK);
    int count = 0;
    for (const tblog_event &event : events) {
        ck_assert_str_eq(event.content, "file_version");
        count++;
    }
    ck_assert_int_eq(count, 1);
    log.add_scalar("a", 5, 1.0);
    tblog::reader moved(std::move(events));
    auto it = moved.begin();
    ck_assert(it != moved.end());
    ck_assert_int_eq(it->step, 5);
    ck_assert_int_eq((*it++).step, 5);
    ck_assert(it == moved.end());
    log.add_scalar("a", 6, 1.0);
    ck_assert_int_eq(moved.next()->step, 6);
    ck_assert_ptr_null(moved.next());
    ck_assert_int_eq(moved.status(), TBLOG_END);
}
END_TEST

// The path of a file with points at steps 0 and 1.
std::string write_two_points()
{
    tblog::writer log = open_writer();
    log.add_scalar("a", 0, 1.0);
    log.add_scalar("a", 1, 2.0);
    return tblog_writer_path(log.get());
}

START_TEST(a_loop_ends_at_damage_and_at_a_torn_record)
{
    const std::string path = write_two_points();
    const auto bytes = std::filesystem::file_size(path);
    for (const tblog_status expected : {TBLOG_TRUNCATED, TBLOG_DAMAGED}) {
        std::FILE *file = std::fopen(path.c_str(), "r+");
        ck_assert_ptr_nonnull(file);
        std::filesystem::resize_file(path, bytes - 1); // the zero is damage
        if (expected == TBLOG_DAMAGED) {
            std::filesystem::resize_file(path, bytes);
        }
        std::fclose(file);
        tblog::reader events;
        ck_assert_int_eq(events.try_open(path), TBLOG_OK);
        int count = 0;
        for (const tblog_event &event : events) {
            count += event.value_count == 1;
        }
        ck_assert_int_eq(count, 1);
        ck_assert_int_eq(events.status(), expected);
        check_has(events.message(), "at byte ");
#ifdef __cpp_exceptions
        tblog_status thrown = TBLOG_OK;
        try {
            events.check();
        } catch (const tblog::error &error) {
            thrown = error.status;
            check_text(error.what(), events.message());
        }
        ck_assert_int_eq(thrown, expected);
#endif
    }
}
END_TEST

START_TEST(the_values_of_an_event_have_a_size_and_go_through_views)
{
    tblog::writer log = open_writer();
    log.add_scalars(0, {{"a", 1.0}, {"b", 2.0}, {"c", 3.0}});
    tblog::reader events;
    ck_assert_int_eq(events.try_open(tblog_writer_path(log.get())), TBLOG_OK);
    ck_assert_uint_eq(tblog::values(*events.next()).size(), 0);
    const tblog_event *event = events.next();
    ck_assert_uint_eq(tblog::values(*event).size(), 3);
#if __cplusplus >= 202002L && (!defined(__clang__) || __clang_major__ >= 16) // of libstdc++
    const auto is_wanted = [](const tblog_value *value) { return value->scalar > 1.5; };
    double sum = 0.0;
    for (const tblog_value *value : tblog::values(*event) | std::views::filter(is_wanted)) {
        sum += value->scalar;
    }
    ck_assert_double_eq_tol(sum, 5.0, 0.0);
#endif
}
END_TEST

#ifdef __cpp_exceptions
// ---- Exceptions ----

// The status and the message that a function throws.
template <class Function>
void check_throws(tblog_status status, const char *message, const Function &function)
{
    bool thrown = false;
    try {
        function();
    } catch (const tblog::error &error) {
        thrown = true;
        ck_assert_int_eq(error.status, status);
        check_has(error.what(), message);
    }
    ck_assert(thrown);
}

START_TEST(constructors_throw)
{
    check_throws(TBLOG_IO, "open failed: Not a directory: /dev/null/x",
                 [] { const tblog::writer log("/dev/null/x"); });
    check_throws(TBLOG_INVALID, "the option queue_bytes is 0", [] {
        tblog::options options;
        options.queue_bytes = 0;
        const tblog::writer log(run(), options);
    });
    check_throws(TBLOG_IO, "open failed: No such file or directory: ", [] {
        const tblog::reader events(run("none"));
    });
}
END_TEST

START_TEST(close_and_check_throw_each_status)
{
    tblog::writer log(run(), write_through());
    log.check();
    log.add_scalar("\xff", 0, 1.0);
    check_throws(TBLOG_INVALID, "the tag is not valid UTF-8", [&] { log.check(); });
    check_throws(TBLOG_INVALID, "the tag is not valid UTF-8", [&] { log.close(); });
    for (const tblog_status status : {TBLOG_NO_MEMORY, TBLOG_FULL}) {
        log = tblog::writer(run());
        log.report(status);
        check_throws(status, tblog_status_string(status), [&] { log.close(); });
    }
    log = tblog::writer(run());
    log.add_scalar("a", 0, 1.0);
    lose_file(log);
    check_throws(TBLOG_IO, "write failed: No such file or directory: ", [&] { log.close(); });
    log = tblog::writer(run());
    log.close();
    log.close();
    log = tblog::writer();
    log.close();
    log.check();
}
END_TEST

START_TEST(a_whole_file_passes_the_check)
{
    tblog::reader events(write_two_points());
    ck_assert_int_eq(std::distance(events.begin(), events.end()), 3);
    events.check();
}
END_TEST
#endif

} // namespace

int main()
{
    static const TTest *const tests[] = {
        scalars_of_a_step_come_from_lists_and_maps,
        tags_need_no_nul_and_names_may_be_paths,
        histograms_come_from_pointers_and_containers_of_any_number,
        histograms_of_no_values_and_of_null_are_as_in_c,
        images_come_from_pointers_and_containers_of_their_size,
        texts_and_hyper_parameters_are_logged,
        functions_of_the_c_header_join_in,
        flushed_points_are_in_the_file,
        a_writer_moves_and_leaves_one_that_is_not_open,
        a_writer_that_goes_out_of_scope_has_written_all,
        the_first_error_stays_and_close_returns_it,
        an_error_of_the_writers_thread_is_met_without_a_call,
        an_error_that_a_retry_clears_is_no_error_of_the_writer,
        an_error_that_the_program_clears_is_forgotten,
        on_error_may_call_the_writer_before_it_reads_the_message,
        on_error_is_called_once_for_an_error,
        on_error_is_called_by_the_destructor_and_by_an_open_that_fails,
        a_full_queue_is_an_error,
        threads_share_a_writer_and_its_errors,
        what_cannot_be_opened_says_why,
        a_reader_that_is_not_open_says_so,
        a_reader_continues_when_the_file_has_grown,
        a_loop_ends_at_damage_and_at_a_torn_record,
        the_values_of_an_event_have_a_size_and_go_through_views,
#ifdef __cpp_exceptions
        constructors_throw,
        close_and_check_throw_each_status,
        a_whole_file_passes_the_check,
#endif
    };
    return run_tests("hpp", make_directory, remove_directory, tests, std::size(tests));
}
