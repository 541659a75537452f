#include "run_log_network.h"

#include <stdio.h>
#include <stdlib.h>

#include "keras_model.h"
#include "lenet.h"
#include "lenet_graph.h"
#include "message.h"
#include "run_log_checked.h"

static int add_model(log_part *training, char *message)
{
    char *model = keras_model_json();
    const int status =
        model == NULL
            ? message_set(message, "no memory for the network's description")
            : run_log_checked(training->writer,
                              tblog_add_keras_graph(training->writer, "keras", 0, model), message);
    free(model);
    return status;
}

static int add_graph(log_part *training, char *message)
{
    size_t bytes = 0;
    uint8_t *graph = lenet_graph_def(&bytes);
    const int status =
        graph == NULL
            ? message_set(message, "no memory for the network's description")
            : run_log_checked(training->writer, tblog_add_graph_def(training->writer, graph, bytes),
                              message);
    free(graph);
    return status;
}

int run_log_network_add(log_part *training, char *message)
{
    if (!log_part_has(training, "keras", 0) && add_model(training, message) != 0) {
        return -1;
    }
    return log_part_has(training, LOGGED_GRAPH, 0) ? 0 : add_graph(training, message);
}

/* Keras' paths of the tensors, in the order of lenet_tensors. */
static const char *const keras_paths[LENET_TENSORS] = {
    "conv2d/kernel", "conv2d/bias", "conv2d_1/kernel", "conv2d_1/bias",
    "dense/kernel",  "dense/bias",  "dense_1/kernel",  "dense_1/bias",
};

/* The engine's buckets with their edges. If all values are equal, all edges are that value; if none
 * is finite, 0. */
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

int run_log_network_add_histogram(log_part *training, uint32_t epoch, unsigned index, bool gradient,
                                  const engine_histogram *histogram, char *message)
{
    tblog_bucket buckets[ENGINE_HISTOGRAM_BUCKETS];
    char tag[64];
    snprintf(tag, sizeof tag, "%s/%s/histogram", gradient ? "gradient" : "sequential",
             keras_paths[index]);
    if (log_part_has(training, tag, epoch)) {
        return 0;
    }
    fill_buckets(buckets, histogram);
    return run_log_checked(training->writer,
                           tblog_add_histogram_buckets(training->writer, tag, epoch, buckets,
                                                       ENGINE_HISTOGRAM_BUCKETS),
                           message);
}
