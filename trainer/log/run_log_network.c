#include "run_log_network.h"

#include <stdio.h>
#include <stdlib.h>

#include "keras_model.h"
#include "lenet.h"
#include "lenet_graph.h"
#include "message.h"
#include "run_log_checked.h"

int run_log_network_add(tblog_writer *training, char *message)
{
    size_t bytes = 0;
    char *model = keras_model_json();
    uint8_t *graph = lenet_graph_def(&bytes);
    int status = -1;
    if (model == NULL || graph == NULL) {
        message_set(message, "no memory for the network's description");
    } else if (run_log_checked(training, tblog_add_keras_graph(training, "keras", 0, model),
                               message) == 0) {
        status = run_log_checked(training, tblog_add_graph_def(training, graph, bytes), message);
    }
    free(graph);
    free(model);
    return status;
}

/* Keras' paths of the tensors, in the order of lenet_tensors. */
static const char *const keras_paths[LENET_TENSORS] = {
    "conv2d/kernel", "conv2d/bias", "conv2d_1/kernel", "conv2d_1/bias",
    "dense/kernel",  "dense/bias",  "dense_1/kernel",  "dense_1/bias",
};

/* The engine's buckets with their edges; where all values are equal, that value is all edges, and
 * where none is finite, 0. */
static void fill_buckets(tblog_bucket *buckets, const engine_histogram *histogram)
{
    const double low = histogram->finite > 0 ? histogram->min : 0;
    const double high = histogram->finite > 0 ? histogram->max : 0;
    const double width = (high - low) / ENGINE_HISTOGRAM_BUCKETS;
    for (int i = 0; i < ENGINE_HISTOGRAM_BUCKETS; i++) {
        buckets[i].left = i == 0 ? low : buckets[i - 1].right;
        buckets[i].right = i == ENGINE_HISTOGRAM_BUCKETS - 1 ? high : low + width * (i + 1);
        buckets[i].count = (double)histogram->buckets[i];
    }
}

int run_log_network_add_histogram(tblog_writer *training, uint32_t epoch, unsigned index,
                                  bool gradient, const engine_histogram *histogram, char *message)
{
    tblog_bucket buckets[ENGINE_HISTOGRAM_BUCKETS];
    char tag[64];
    snprintf(tag, sizeof tag, "%s/%s/histogram", gradient ? "gradient" : "sequential",
             keras_paths[index]);
    fill_buckets(buckets, histogram);
    return run_log_checked(
        training,
        tblog_add_histogram_buckets(training, tag, epoch, buckets, ENGINE_HISTOGRAM_BUCKETS),
        message);
}
