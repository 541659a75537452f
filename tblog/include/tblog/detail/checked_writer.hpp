// The state of a tblog::writer: the handle of tblog.h, the first error and the program's on_error.
// Programs include tblog.hpp.
#ifndef TBLOG_DETAIL_CHECKED_WRITER_HPP
#define TBLOG_DETAIL_CHECKED_WRITER_HPP

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <utility>

#include <tblog/tblog.h>

namespace tblog::detail
{

struct failure {
    tblog_status status = TBLOG_OK;
    std::string why;
};

class checked_writer
{
  public:
    ~checked_writer() { (void)close(); }
    tblog_status open(const char *run_directory, const tblog_writer_options &options)
    {
        return note(tblog_writer_open(&handle, run_directory, &options));
    }
    // The first error, which may be of this call.
    tblog_status close()
    {
        note(tblog_writer_close(std::exchange(handle, nullptr)));
        return current().status;
    }
    // Handles the status of a call. If `message` is empty, the library's message is used.
    tblog_status note(tblog_status status, const char *message = "")
    {
        const bool repeats = last_ == status || last_.exchange(status) == status;
        if (status == TBLOG_OK) {
            return status;
        }
        message = *message ? message : tblog_writer_message(handle);
        // A copy, because on_error may call the writer, and the library then changes its text.
        const std::string why = *message ? message : tblog_status_string(status);
        // An open writer keeps its own I/O error until it is cleared.
        if (status != TBLOG_IO || handle == nullptr) {
            const std::lock_guard lock(mutex_);
            if (first_.status == TBLOG_OK) {
                first_ = {status, why};
            }
        }
        if (on_error && !(repeats && (status == TBLOG_IO || status == TBLOG_FULL))) {
            on_error(status, why.c_str());
        }
        return status;
    }
    // The first error, or else the one that the writer keeps.
    failure current()
    {
        const tblog_status kept = note(handle ? tblog_writer_status(handle) : TBLOG_OK);
        const std::lock_guard lock(mutex_);
        if (first_.status != TBLOG_OK || kept == TBLOG_OK) {
            return first_;
        }
        return {kept, tblog_writer_message(handle)};
    }
    void clear_error()
    {
        tblog_writer_clear_error(handle);
        last_ = TBLOG_OK;
        const std::lock_guard lock(mutex_);
        first_ = {};
    }

    tblog_writer *handle = nullptr;
    std::function<void(tblog_status, const char *)> on_error;

  private:
    std::atomic<tblog_status> last_{TBLOG_OK}; // the last one noted
    std::mutex mutex_;                         // guards `first_`
    failure first_;
};

} // namespace tblog::detail

#endif
