// tblog for C++17: a header-only wrapper of tblog.h.
//
//     tblog::writer log("logs/my-run");
//     log.add_scalars(step, {{"train/loss", loss}, {"train/accuracy", accuracy}});
//     log.add_histogram("weights", step, weights); // a vector, an array, a span, …
//     log.close();
//
//     tblog::reader events(path);
//     for (const tblog_event &event : events) {
//         for (const tblog_value *value : tblog::values(event)) { … }
//     }
//     events.check();
//
// Constructors, close and check throw tblog::error. try_open and try_close return a status instead,
// also with -fno-exceptions. Calls that log throw only what std::vector and std::string throw,
// because a full disk must not end a training run. You may ignore their status: the writer keeps the
// first error for check and close, and calls options::on_error.
//
// tblog.h is the manual of values and statuses. Strings end at their first NUL, as there. To call
// its other functions: log.report(tblog_add_keras_graph(log.get(), "keras", 0, json));
#ifndef TBLOG_TBLOG_HPP
#define TBLOG_TBLOG_HPP

static_assert(__cplusplus >= 201703L, "tblog.hpp needs C++17 or later, such as -std=c++17");

#include <functional>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <tblog/detail/checked_writer.hpp>
#include <tblog/detail/is_contiguous.hpp>
#include <tblog/tblog.h>

namespace tblog
{

struct TBLOG_API error : std::runtime_error {
    error(tblog_status failed, const std::string &why) : std::runtime_error(why), status(failed) {}
    tblog_status status;
};

// For add_hparams: {"rate", 0.1}, {"optimizer", "adam"}, {"shuffled", true}.
struct hparam {
    template <class Number, class = std::enable_if_t<std::is_arithmetic_v<Number>>>
    hparam(std::string_view key, Number value)
        : name(key), type(std::is_same_v<Number, bool> ? TBLOG_HPARAM_BOOL : TBLOG_HPARAM_NUMBER),
          number(static_cast<double>(value))
    {
    }
    hparam(std::string_view key, std::string_view value) : name(key), text(value) {}
    std::string name;
    tblog_hparam_type type = TBLOG_HPARAM_STRING;
    double number = 0.0;
    std::string text;
};

// The options of tblog.h, set to their defaults, and a callback.
struct options : tblog_writer_options {
    options() { tblog_writer_options_init_sized(this, sizeof(tblog_writer_options)); }
    // Called after each refused call. For an I/O error or a full queue, called once until a call
    // succeeds. The text is valid until it returns. Several threads may call it at the same time.
    // It must not throw.
    std::function<void(tblog_status status, const char *message)> on_error;
};

// Writes an event file. Several threads may log. If the writer was not opened, or was moved from,
// calls log nothing and return TBLOG_INVALID.
class writer
{
  public:
    writer() = default;
    // Closes the file if one is open. If opening fails, message() has the cause.
    [[nodiscard]] tblog_status try_open(const std::string &run_directory, const options &with = {})
    {
        state_ = std::make_unique<detail::checked_writer>();
        state_->on_error = with.on_error;
        return state_->open(run_directory.c_str(), with);
    }
    // Returns status(). The destructor closes too, and reports errors to on_error alone.
    [[nodiscard]] tblog_status try_close() { return state_ ? state_->close() : TBLOG_OK; }
#ifdef __cpp_exceptions
    explicit writer(const std::string &run_directory, const options &with = {})
    {
        (void)try_open(run_directory, with);
        check();
    }
    void close()
    {
        (void)try_close();
        check();
    }
    void check() const
    {
        if (const detail::failure now = current(); now.status != TBLOG_OK) {
            throw error(now.status, now.why);
        }
    }
#endif
    // The first error since the writer was opened, or TBLOG_OK. message() is a line about it. An
    // I/O error while the writer is open lasts until it is cleared, also by retry_after_error.
    tblog_status status() const { return current().status; }
    std::string message() const { return current().why; }
    // Forgets the first error, and calls tblog_writer_clear_error.
    void clear_error()
    {
        if (state_) {
            state_->clear_error();
        }
    }
    tblog_status add_scalar(std::string_view tag, int64_t step, double value)
    {
        return report(tblog_add_scalar(get(), std::string(tag).c_str(), step, value));
    }
    // Logs one event. `scalars`: a list, or a container of pairs (tag, value), such as std::map.
    template <class Scalars = std::initializer_list<std::pair<std::string_view, double>>>
    tblog_status add_scalars(int64_t step, const Scalars &scalars)
    {
        std::vector<std::string> tags;
        std::vector<tblog_scalar> all;
        tags.reserve(std::size(scalars));
        for (const auto &[tag, value] : scalars) {
            all.push_back({tags.emplace_back(tag).c_str(), static_cast<double>(value)});
        }
        return report(tblog_add_scalars(get(), step, all.data(), all.size()));
    }
    // Values [count]. Numbers other than float and double are copied.
    template <class Number>
    tblog_status add_histogram(std::string_view tag, int64_t step, const Number *data, size_t count)
    {
        static_assert(std::is_arithmetic_v<Number>, "a histogram is of numbers");
        const std::string name(tag);
        if constexpr (std::is_same_v<Number, float>) {
            return report(tblog_add_histogram(get(), name.c_str(), step, data, count, nullptr));
        } else if constexpr (std::is_same_v<Number, double>) {
            return report(
                tblog_add_histogram_double(get(), name.c_str(), step, data, count, nullptr));
        } else {
            const std::vector<double> copy(data, data ? data + count : data);
            return add_histogram(tag, step, data ? copy.data() : nullptr, count);
        }
    }
    template <class Container>
    tblog_status add_histogram(std::string_view tag, int64_t step, const Container &values)
    {
        static_assert(detail::is_contiguous<Container>, "a histogram needs a contiguous container");
        return add_histogram(tag, step, std::data(values), static_cast<size_t>(std::size(values)));
    }
    // pixels [height,width,channels]: a pointer to bytes, or a contiguous container of them.
    template <class Pixels>
    tblog_status add_image(std::string_view tag, int64_t step, const Pixels &pixels, uint32_t width,
                           uint32_t height, unsigned channels)
    {
        if constexpr (std::is_pointer_v<Pixels>) {
            static_assert(sizeof *pixels == 1, "a sample is a byte");
            const auto bytes = reinterpret_cast<const uint8_t *>(pixels);
            return report(tblog_add_image(get(), std::string(tag).c_str(), step, bytes, width,
                                          height, channels));
        } else if (static_cast<uint64_t>(std::size(pixels)) !=
                   uint64_t{width} * height * channels) {
            return state_ ? state_->note(TBLOG_INVALID, "not width * height * channels pixels")
                          : TBLOG_INVALID;
        } else {
            return add_image(tag, step, std::data(pixels), width, height, channels);
        }
    }
    tblog_status add_text(std::string_view tag, int64_t step, std::string_view markdown)
    {
        return report(
            tblog_add_text(get(), std::string(tag).c_str(), step, std::string(markdown).c_str()));
    }
    // Accepted once per writer.
    template <class Hparams = std::initializer_list<hparam>>
    tblog_status add_hparams(const Hparams &hparams)
    {
        std::vector<tblog_hparam> all;
        for (const hparam &it : hparams) {
            all.push_back({it.name.c_str(), it.type, it.number, it.text.c_str(), it.number > 0.0});
        }
        return report(tblog_add_session_start_sized(get(), nullptr, all.data(), all.size(),
                                                    sizeof(tblog_hparam)));
    }
    tblog_status flush() { return report(tblog_writer_flush(get())); }
    tblog_status sync() { return report(tblog_writer_sync(get())); }
    // For the functions of tblog.h. NULL if the writer is not open.
    tblog_writer *get() const noexcept { return state_ ? state_->handle : nullptr; }
    // Handles the status of such a function like those of this class, and returns it.
    tblog_status report(tblog_status status) { return state_ ? state_->note(status) : status; }

  private:
    detail::failure current() const { return state_ ? state_->current() : detail::failure(); }
    std::unique_ptr<detail::checked_writer> state_;
};

// The events of a file, as an input range. If the file grows, another loop reads the new events.
// Moving a reader invalidates its iterators.
class reader
{
  public:
    class iterator
    {
      public:
        using iterator_category = std::input_iterator_tag;
        using value_type = tblog_event;
        using difference_type = ptrdiff_t;
        using pointer = const tblog_event *;
        using reference = const tblog_event &;
        iterator() = default;
        explicit iterator(reader *events) : events_(events), event_(events->next()) {}
        reference operator*() const { return *event_; }
        pointer operator->() const { return event_; }
        iterator &operator++() { return *this = iterator(events_); }
        std::optional<tblog_event> operator++(int) // a copy: what it points to is gone
        {
            const std::optional before(*event_);
            ++*this;
            return before;
        }
        bool operator==(const iterator &other) const { return event_ == other.event_; }
        bool operator!=(const iterator &other) const { return event_ != other.event_; }

      private:
        reader *events_ = nullptr;
        const tblog_event *event_ = nullptr;
    };
    reader() = default;
    [[nodiscard]] tblog_status try_open(const std::string &path)
    {
        tblog_reader *opened = nullptr;
        status_ = tblog_reader_open(&opened, path.c_str());
        file_.reset(opened);
        why_ = opened ? "" : tblog_reader_message(nullptr);
        return status_;
    }
#ifdef __cpp_exceptions
    explicit reader(const std::string &path)
    {
        (void)try_open(path);
        check();
    }
    // Throws if the last loop ended before the end of the file: TBLOG_DAMAGED, TBLOG_TRUNCATED, …
    void check() const
    {
        if (status_ != TBLOG_OK && status_ != TBLOG_END) {
            throw error(status_, message());
        }
    }
#endif
    // The next event, valid until the next call. NULL at the end or on an error: see status().
    const tblog_event *next()
    {
        const tblog_event *event = nullptr;
        status_ = tblog_reader_next(get(), &event);
        return event;
    }
    iterator begin() { return iterator(this); }
    iterator end() { return {}; }
    tblog_status status() const noexcept { return status_; }
    std::string message() const
    {
        const char *why = why_.empty() ? "the reader is not open" : why_.c_str();
        return get() ? tblog_reader_message(get()) : why;
    }
    tblog_reader *get() const noexcept { return file_.get(); }

  private:
    std::unique_ptr<tblog_reader, decltype(&tblog_reader_close)> file_{nullptr, tblog_reader_close};
    tblog_status status_ = TBLOG_OK;
    std::string why_; // the last try_open failed
};

// The values of an event: a range of const tblog_value *.
class values
{
  public:
    explicit values(const tblog_event &event) : begin_(event.values), size_(event.value_count) {}
    const tblog_value *const *begin() const { return begin_; }
    const tblog_value *const *end() const { return begin_ + size_; }
    size_t size() const { return size_; }

  private:
    const tblog_value *const *begin_;
    size_t size_;
};

} // namespace tblog

#endif
