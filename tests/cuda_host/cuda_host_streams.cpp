/* Streams, events and graphs of the fake runtime. A stream does what is put on it at once, unless
 * it captures: then the graph keeps it, in the order in which it came, whichever of the captured
 * streams it came by. */
#include <algorithm>
#include <time.h>
#include <vector>

#include "cuda_host_runtime.h"

struct CUgraphNode_st {
    cudaGraphNodeType type;
    std::function<cudaError_t()> operation;
};

struct CUgraph_st {
    std::vector<CUgraphNode_st> nodes;
};

struct CUgraphExec_st {
    std::vector<CUgraphNode_st> nodes;
};

/* One capture, of one stream or of several that events joined to it. */
struct capture {
    cudaStream_t origin;
    CUgraph_st *graph;
    bool broken;
};

struct CUstream_st {
    capture *capturing;
};

struct CUevent_st {
    capture *captured; /* recorded in that capture, which may have ended since */
    bool recorded;
    double seconds;
};

using namespace cuda_host;

namespace
{

CUstream_st default_stream;
std::vector<cudaStream_t> streams; /* all that exist, but for the default one */
std::vector<capture *> captures;   /* under way */

CUstream_st &stream_of(cudaStream_t stream)
{
    return stream == nullptr ? default_stream : *stream;
}

bool exists(cudaStream_t stream)
{
    return stream == nullptr || std::find(streams.begin(), streams.end(), stream) != streams.end();
}

double now_seconds()
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

cudaError_t break_capture(capture &c)
{
    c.broken = true;
    return fail(cudaErrorStreamCaptureUnsupported);
}

} // namespace

namespace cuda_host
{

cudaError_t enqueue(cudaStream_t stream, cudaGraphNodeType type,
                    std::function<cudaError_t()> operation)
{
    if (!exists(stream))
        return fail(cudaErrorInvalidResourceHandle);
    capture *c = stream_of(stream).capturing;
    if (c == nullptr) {
        if (stream == nullptr && !captures.empty())
            return break_capture(*captures.back());
        return operation();
    }
    if (c->broken)
        return fail(cudaErrorStreamCaptureInvalidated);
    c->graph->nodes.push_back({type, std::move(operation)});
    return cudaSuccess;
}

cudaError_t end_captures()
{
    for (capture *c : captures)
        c->broken = true;
    return captures.empty() ? cudaSuccess : fail(cudaErrorStreamCaptureUnsupported);
}

} // namespace cuda_host

#define BEGIN_CALL()                                                                               \
    const std::lock_guard<std::recursive_mutex> held(lock);                                        \
    const cudaError_t begun = begin_call();                                                        \
    if (begun != cudaSuccess)                                                                      \
    return begun

extern "C" {

cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned)
{
    BEGIN_CALL();
    *stream = new CUstream_st();
    streams.push_back(*stream);
    return cudaSuccess;
}

cudaError_t cudaStreamCreate(cudaStream_t *stream)
{
    return cudaStreamCreateWithFlags(stream, cudaStreamDefault);
}

cudaError_t cudaStreamDestroy(cudaStream_t stream)
{
    BEGIN_CALL();
    if (stream == nullptr || !exists(stream))
        return fail(cudaErrorInvalidResourceHandle);
    streams.erase(std::find(streams.begin(), streams.end(), stream));
    delete stream;
    return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream)
{
    BEGIN_CALL();
    if (!exists(stream))
        return fail(cudaErrorInvalidResourceHandle);
    capture *c = stream_of(stream).capturing;
    return c == nullptr ? cudaSuccess : break_capture(*c);
}

cudaError_t cudaStreamQuery(cudaStream_t stream)
{
    return cudaStreamSynchronize(stream);
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned)
{
    BEGIN_CALL();
    if (!exists(stream))
        return fail(cudaErrorInvalidResourceHandle);
    if (std::find(captures.begin(), captures.end(), event->captured) != captures.end())
        stream_of(stream).capturing = event->captured;
    return cudaSuccess;
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
    BEGIN_CALL();
    delete event;
    return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream)
{
    BEGIN_CALL();
    if (!exists(stream))
        return fail(cudaErrorInvalidResourceHandle);
    event->captured = stream_of(stream).capturing;
    event->recorded = true;
    event->seconds = now_seconds();
    return cudaSuccess;
}

cudaError_t cudaEventSynchronize(cudaEvent_t event)
{
    BEGIN_CALL();
    if (event->captured != nullptr)
        return fail(cudaErrorStreamCaptureUnsupported);
    return cudaSuccess;
}

cudaError_t cudaEventQuery(cudaEvent_t event)
{
    return cudaEventSynchronize(event);
}

cudaError_t cudaEventElapsedTime(float *milliseconds, cudaEvent_t from, cudaEvent_t to)
{
    BEGIN_CALL();
    if (!from->recorded || !to->recorded)
        return fail(cudaErrorInvalidResourceHandle);
    *milliseconds = static_cast<float>(1e3 * (to->seconds - from->seconds));
    return cudaSuccess;
}

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, enum cudaStreamCaptureMode)
{
    BEGIN_CALL();
    if (stream == nullptr || !exists(stream) || stream->capturing != nullptr)
        return fail(cudaErrorStreamCaptureUnsupported);
    stream->capturing = new capture{stream, new CUgraph_st(), false};
    captures.push_back(stream->capturing);
    return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t *graph)
{
    BEGIN_CALL();
    *graph = nullptr;
    capture *c = exists(stream) ? stream_of(stream).capturing : nullptr;
    if (c == nullptr || c->origin != stream)
        return fail(cudaErrorStreamCaptureUnmatched);
    for (cudaStream_t s : streams) {
        if (s->capturing == c)
            s->capturing = nullptr;
    }
    captures.erase(std::find(captures.begin(), captures.end(), c));
    const bool broken = c->broken;
    if (broken)
        delete c->graph;
    else
        *graph = c->graph;
    delete c;
    return broken ? fail(cudaErrorStreamCaptureInvalidated) : cudaSuccess;
}

cudaError_t cudaStreamIsCapturing(cudaStream_t stream, enum cudaStreamCaptureStatus *status)
{
    BEGIN_CALL();
    const capture *c = stream_of(stream).capturing;
    *status = c == nullptr ? cudaStreamCaptureStatusNone
              : c->broken  ? cudaStreamCaptureStatusInvalidated
                           : cudaStreamCaptureStatusActive;
    return cudaSuccess;
}

cudaError_t cudaGraphGetNodes(cudaGraph_t graph, cudaGraphNode_t *nodes, size_t *count)
{
    BEGIN_CALL();
    for (size_t i = 0; nodes != nullptr && i < std::min(*count, graph->nodes.size()); i++)
        nodes[i] = &graph->nodes[i];
    *count = nodes == nullptr ? graph->nodes.size() : std::min(*count, graph->nodes.size());
    return cudaSuccess;
}

cudaError_t cudaGraphNodeGetType(cudaGraphNode_t node, enum cudaGraphNodeType *type)
{
    BEGIN_CALL();
    *type = node->type;
    return cudaSuccess;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t *exec, cudaGraph_t graph, unsigned long long)
{
    BEGIN_CALL();
    *exec = new CUgraphExec_st{graph->nodes};
    return cudaSuccess;
}

cudaError_t cudaGraphUpload(cudaGraphExec_t, cudaStream_t)
{
    BEGIN_CALL();
    return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream)
{
    BEGIN_CALL();
    if (!exists(stream))
        return fail(cudaErrorInvalidResourceHandle);
    capture *c = stream_of(stream).capturing;
    if (c != nullptr)
        return break_capture(*c);
    for (const CUgraphNode_st &node : exec->nodes) {
        const cudaError_t error = node.operation();
        if (error != cudaSuccess)
            return error;
    }
    return cudaSuccess;
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec)
{
    BEGIN_CALL();
    delete exec;
    return cudaSuccess;
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph)
{
    BEGIN_CALL();
    delete graph;
    return cudaSuccess;
}

} // extern "C"
