/* Streams and events of the fake runtime. An operation runs immediately or, if streams are late,
 * when the host waits for it, as late as on any device. The operations of other streams then run
 * before it, after it or in between, by the harness's order. The default stream is never late. */
#include "cuda_host_streams.h"

#include <algorithm>
#include <stdlib.h>

#include "cuda_host_errors.h"
#include "cuda_host_schedule.h"

struct CUevent_st {
    std::shared_ptr<point> last; /* NULL before the first record */
    capture *captured;           /* recorded in that capture, which may have ended since */
    cudaStream_t captured_by;
    std::vector<size_t> behind; /* nodes of that capture */
};

namespace cuda_host
{

std::vector<capture *> captures;
std::vector<cudaStream_t> streams;

namespace
{

CUstream_st default_stream;

enum { LATE_UNKNOWN, LATE_NO, LATE_YES } late = LATE_UNKNOWN;

/* Runs the first waiting operation of a stream, if there is one. */
cudaError_t do_first(CUstream_st &stream)
{
    if (stream.waiting.empty()) {
        return cudaSuccess;
    }
    const stream_operation operation = std::move(stream.waiting.front().operation);
    stream.waiting.pop_front();
    return operation();
}

/* Whether the point will still be reached: not if it was, or if its stream was destroyed or
 * forgotten. */
bool is_ahead(const point &p)
{
    return !p.reached && exists(p.stream) && !stream_of(p.stream).waiting.empty();
}

/* Whether the stream, which has waiting operations, can run one without another stream. */
bool is_free(const CUstream_st &stream)
{
    const std::shared_ptr<point> &behind = stream.waiting.front().behind;
    return behind == nullptr || !is_ahead(*behind);
}

/* Runs one operation for a stream: its first one, or, if that must wait for another stream, one of
 * that stream's. By the order, some, all or none of the other streams' free operations run before
 * it. */
cudaError_t step(CUstream_st &stream)
{
    for (;;) {
        std::vector<CUstream_st *> others;
        for (cudaStream_t s : streams) {
            if (s != &stream && !s->waiting.empty() && is_free(*s)) {
                others.push_back(s);
            }
        }
        const size_t chosen = choose_of(others.size() + 1);
        if (chosen == others.size()) {
            break;
        }
        const cudaError_t error = do_first(*others[chosen]);
        if (error != cudaSuccess) {
            return error;
        }
    }
    CUstream_st *next = &stream;
    while (!next->waiting.empty() && !is_free(*next)) {
        next = &stream_of(next->waiting.front().behind->stream);
    }
    return do_first(*next);
}

cudaError_t drain(CUstream_st &stream)
{
    cudaError_t first = cudaSuccess;
    while (!stream.waiting.empty()) {
        const cudaError_t error = step(stream);
        first = first == cudaSuccess ? error : first;
    }
    return first;
}

cudaError_t reach(const point &p)
{
    cudaError_t first = cudaSuccess;
    while (is_ahead(p)) {
        const cudaError_t error = step(stream_of(p.stream));
        first = first == cudaSuccess ? error : first;
    }
    return first;
}

} // namespace

bool streams_are_late()
{
    if (late == LATE_UNKNOWN) {
        late = getenv("CUDA_HOST_LATE") != nullptr ? LATE_YES : LATE_NO;
    }
    return late == LATE_YES;
}

CUstream_st &stream_of(cudaStream_t stream)
{
    return stream == nullptr ? default_stream : *stream;
}

bool exists(cudaStream_t stream)
{
    return stream == nullptr || std::find(streams.begin(), streams.end(), stream) != streams.end();
}

cudaError_t break_capture(capture &c)
{
    c.broken = true;
    return fail(cudaErrorStreamCaptureUnsupported);
}

cudaError_t put(cudaStream_t stream, stream_operation operation, std::shared_ptr<point> behind)
{
    if (stream == nullptr) {
        for (cudaStream_t s : streams) {
            const cudaError_t error = s->blocking ? drain(*s) : cudaSuccess;
            if (error != cudaSuccess) {
                return error;
            }
        }
        return operation();
    }
    if (!streams_are_late()) {
        return operation();
    }
    stream->waiting.push_back({std::move(operation), std::move(behind)});
    return cudaSuccess;
}

cudaError_t enqueue(cudaStream_t stream, cudaGraphNodeType type, stream_operation operation)
{
    if (!exists(stream)) {
        return fail(cudaErrorInvalidResourceHandle);
    }
    capture *c = stream_of(stream).capturing;
    if (c == nullptr) {
        if (stream == nullptr && !captures.empty()) {
            return break_capture(*captures.back());
        }
        return put(stream, std::move(operation));
    }
    if (c->broken) {
        return fail(cudaErrorStreamCaptureInvalidated);
    }
    CUstream_st &s = stream_of(stream);
    s.forked = stream != c->origin;
    c->graph->nodes.push_back({type, std::move(operation), s.forked, s.last});
    s.last = {c->graph->nodes.size() - 1};
    return cudaSuccess;
}

cudaError_t end_captures()
{
    for (capture *c : captures) {
        c->broken = true;
    }
    return captures.empty() ? cudaSuccess : fail(cudaErrorStreamCaptureUnsupported);
}

cudaError_t finish_streams()
{
    cudaError_t first = cudaSuccess;
    for (cudaStream_t s : streams) {
        const cudaError_t error = drain(*s);
        first = first == cudaSuccess ? error : first;
    }
    return first;
}

void forget_streams()
{
    for (cudaStream_t s : streams) {
        s->waiting.clear();
    }
    late = LATE_UNKNOWN;
}

bool is_capturing(cudaStream_t stream)
{
    return exists(stream) && stream_of(stream).capturing != nullptr;
}

} // namespace cuda_host

using namespace cuda_host;

extern "C" {

void cuda_host_set_late(bool is_late)
{
    const std::lock_guard<std::recursive_mutex> held(lock);
    finish_streams();
    late = is_late ? LATE_YES : LATE_NO;
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned flags)
{
    BEGIN_CALL();
    *stream = new CUstream_st();
    (*stream)->blocking = (flags & cudaStreamNonBlocking) == 0;
    streams.push_back(*stream);
    return cudaSuccess;
}

cudaError_t cudaStreamCreate(cudaStream_t *stream)
{
    return cudaStreamCreateWithFlags(stream, cudaStreamDefault);
}

/* The stream's waiting operations still run. */
cudaError_t cudaStreamDestroy(cudaStream_t stream)
{
    const std::lock_guard<std::recursive_mutex> held(lock);
    const cudaError_t begun = begin_call();
    if (stream == nullptr || !exists(stream)) {
        return fail(cudaErrorInvalidResourceHandle);
    }
    if (begun == cudaSuccess) {
        drain(*stream);
    }
    streams.erase(std::find(streams.begin(), streams.end(), stream));
    delete stream;
    return begun;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream)
{
    BEGIN_CALL();
    if (!exists(stream)) {
        return fail(cudaErrorInvalidResourceHandle);
    }
    capture *c = stream_of(stream).capturing;
    return c == nullptr ? drain(stream_of(stream)) : break_capture(*c);
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned)
{
    BEGIN_CALL();
    if (!exists(stream)) {
        return fail(cudaErrorInvalidResourceHandle);
    }
    if (event->captured != nullptr) {
        if (std::find(captures.begin(), captures.end(), event->captured) == captures.end()) {
            return fail(cudaErrorInvalidValue);
        }
        CUstream_st &s = stream_of(stream);
        if (s.capturing == nullptr) {
            s.capturing = event->captured;
            s.forked = true;
            s.last.clear();
        }
        s.last.insert(s.last.end(), event->behind.begin(), event->behind.end());
        if (exists(event->captured_by)) {
            stream_of(event->captured_by).forked = false;
        }
        return cudaSuccess;
    }
    /* The point is reached before the operation runs; if streams are not late, it has been reached
     * already. The default stream is never late, so it must run the other stream's operations. */
    const std::shared_ptr<point> p = event->last;
    return p == nullptr ? cudaSuccess : put(stream, [p]() { return reach(*p); }, p);
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t *event, unsigned)
{
    BEGIN_CALL();
    *event = new CUevent_st();
    return cudaSuccess;
}

cudaError_t cudaEventCreate(cudaEvent_t *event)
{
    return cudaEventCreateWithFlags(event, cudaEventDefault);
}

cudaError_t cudaEventDestroy(cudaEvent_t event)
{
    const std::lock_guard<std::recursive_mutex> held(lock);
    const cudaError_t begun = begin_call();
    delete event;
    return begun;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream)
{
    BEGIN_CALL();
    if (!exists(stream)) {
        return fail(cudaErrorInvalidResourceHandle);
    }
    event->captured = stream_of(stream).capturing;
    event->captured_by = stream;
    event->behind = stream_of(stream).last;
    if (event->captured != nullptr) {
        return cudaSuccess;
    }
    event->last = std::make_shared<point>(point{stream, false});
    const std::shared_ptr<point> p = event->last;
    return put(stream, [p]() {
        p->reached = true;
        return cudaSuccess;
    });
}

cudaError_t cudaEventSynchronize(cudaEvent_t event)
{
    BEGIN_CALL();
    if (event->captured != nullptr) {
        return fail(cudaErrorStreamCaptureUnsupported);
    }
    return event->last == nullptr ? cudaSuccess : reach(*event->last);
}

cudaError_t cudaEventQuery(cudaEvent_t event)
{
    BEGIN_CALL();
    if (event->captured != nullptr) {
        return fail(cudaErrorStreamCaptureUnsupported);
    }
    if (event->last == nullptr || event->last->reached) {
        return cudaSuccess;
    }
    const cudaError_t error = step(stream_of(event->last->stream));
    return error != cudaSuccess ? error : event->last->reached ? cudaSuccess : cudaErrorNotReady;
}

} // extern "C"
