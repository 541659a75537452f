/* Streams as the fake runtime's files share them. */
#ifndef CUDA_HOST_STREAMS_H
#define CUDA_HOST_STREAMS_H

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "cuda_host.h"

typedef std::function<cudaError_t()> stream_operation;

struct CUgraphNode_st {
    cudaGraphNodeType type;
    stream_operation operation;
    bool side;                  /* of another stream than capture::origin */
    std::vector<size_t> before; /* nodes that must be done; all have lower numbers */
};

struct CUgraph_st {
    std::vector<CUgraphNode_st> nodes;
};

/* One capture, of one stream or of several that events joined to it. */
struct capture {
    cudaStream_t origin;
    CUgraph_st *graph;
    bool broken;
};

/* A place in a stream, after the operations that were on it when an event was recorded. */
struct point {
    cudaStream_t stream;
    bool reached;
};

/* On a late stream: the operation, and the point of another stream that it must follow, or NULL. */
struct waiting_operation {
    stream_operation operation;
    std::shared_ptr<point> behind;
};

struct CUstream_st {
    bool blocking; /* it and the default stream wait for each other */
    capture *capturing;
    bool forked;                           /* into the capture, and not yet joined again */
    std::vector<size_t> last;              /* captured nodes that the stream's next one follows */
    std::deque<waiting_operation> waiting; /* when streams are late */
};

namespace cuda_host
{

extern std::vector<capture *> captures; /* under way */
extern std::vector<cudaStream_t> streams;

CUstream_st &stream_of(cudaStream_t stream); /* of NULL: the default one */
bool exists(cudaStream_t stream);
/* Runs the operation, or keeps it until the host waits for the stream. */
cudaError_t put(cudaStream_t stream, stream_operation operation,
                std::shared_ptr<point> behind = nullptr);
cudaError_t break_capture(capture &c);

/* Puts an operation on a stream: as `put`, or into the graph that the stream captures. */
cudaError_t enqueue(cudaStream_t stream, cudaGraphNodeType type, stream_operation operation);
/* Must precede a call that waits or allocates: it breaks any capture under way, and then fails. */
cudaError_t end_captures();
bool is_capturing(cudaStream_t stream);
bool streams_are_late();
/* Runs all waiting operations of all streams. */
cudaError_t finish_streams();
/* Drops all waiting operations; the environment decides again whether streams are late. */
void forget_streams();

} // namespace cuda_host

#endif
