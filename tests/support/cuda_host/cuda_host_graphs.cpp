/* Graphs of the fake runtime: the operations of captured streams. Each node comes after the one
 * before it on its stream, and after those that the stream waited for. */
#include <algorithm>

#include "cuda_host_errors.h"
#include "cuda_host_schedule.h"
#include "cuda_host_streams.h"

struct CUgraphExec_st {
    std::vector<CUgraphNode_st> nodes;
};

using namespace cuda_host;

namespace
{

/* The nodes whose predecessors are all done, side branches first. */
std::vector<size_t> ready_nodes(const std::vector<CUgraphNode_st> &nodes,
                                const std::vector<bool> &done)
{
    std::vector<size_t> ready;
    for (const bool side : {true, false}) {
        for (size_t i = 0; i < nodes.size(); i++) {
            if (!done[i] && nodes[i].side == side &&
                std::all_of(nodes[i].before.begin(), nodes[i].before.end(),
                            [&](size_t before) { return done[before]; })) {
                ready.push_back(i);
            }
        }
    }
    return ready;
}

} // namespace

extern "C" {

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, enum cudaStreamCaptureMode)
{
    BEGIN_CALL();
    if (stream == nullptr || !exists(stream) || stream->capturing != nullptr) {
        return fail(cudaErrorStreamCaptureUnsupported);
    }
    stream->capturing = new capture{stream, new CUgraph_st(), false};
    stream->last.clear();
    captures.push_back(stream->capturing);
    return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t *graph)
{
    const std::lock_guard<std::recursive_mutex> held(lock);
    const cudaError_t begun = begin_call();
    *graph = nullptr;
    capture *c = exists(stream) ? stream_of(stream).capturing : nullptr;
    if (c == nullptr || c->origin != stream) {
        return begun != cudaSuccess ? begun : fail(cudaErrorStreamCaptureUnmatched);
    }
    bool joined = true;
    for (cudaStream_t s : streams) {
        if (s->capturing != c) {
            continue;
        }
        joined = joined && !s->forked;
        s->capturing = nullptr;
        s->forked = false;
    }
    captures.erase(std::find(captures.begin(), captures.end(), c));
    const bool broken = c->broken || !joined || begun != cudaSuccess;
    if (broken) {
        delete c->graph;
    } else {
        *graph = c->graph;
    }
    const bool was_broken = c->broken;
    delete c;
    if (begun != cudaSuccess) {
        return begun;
    }
    if (!joined && !was_broken) {
        return fail(cudaErrorStreamCaptureUnjoined);
    }
    return broken ? fail(cudaErrorStreamCaptureInvalidated) : cudaSuccess;
}

cudaError_t cudaGraphGetNodes(cudaGraph_t graph, cudaGraphNode_t *nodes, size_t *count)
{
    BEGIN_CALL();
    for (size_t i = 0; nodes != nullptr && i < std::min(*count, graph->nodes.size()); i++) {
        nodes[i] = &graph->nodes[i];
    }
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
    if (!exists(stream)) {
        return fail(cudaErrorInvalidResourceHandle);
    }
    capture *c = stream_of(stream).capturing;
    if (c != nullptr) {
        return break_capture(*c);
    }
    std::vector<bool> done(exec->nodes.size(), false);
    for (size_t count = 0; count < done.size(); count++) {
        const std::vector<size_t> ready = ready_nodes(exec->nodes, done);
        const size_t next = ready[choose_of(ready.size())];
        const cudaError_t error = put(stream, exec->nodes[next].operation);
        if (error != cudaSuccess) {
            return error;
        }
        done[next] = true;
    }
    return cudaSuccess;
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec)
{
    const std::lock_guard<std::recursive_mutex> held(lock);
    const cudaError_t begun = begin_call();
    delete exec;
    return begun;
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph)
{
    const std::lock_guard<std::recursive_mutex> held(lock);
    const cudaError_t begun = begin_call();
    delete graph;
    return begun;
}

} // extern "C"
