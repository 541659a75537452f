/* The network as a graph of TensorFlow's operations, for TensorBoard's Graphs page. */
#ifndef TRAINER_LENET_GRAPH_H
#define TRAINER_LENET_GRAPH_H

#include <stddef.h>
#include <stdint.h>

/* A serialized GraphDef [*bytes]: the forward pass from the images to the probabilities, with
 * Keras' layer names and the shapes of the tensors. The caller frees it; NULL without memory. */
uint8_t *lenet_graph_def(size_t *bytes);

#endif
