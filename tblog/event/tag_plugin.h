/* The TensorBoard plugins that show tags. One list has all that the library knows about each, so no
 * table can lack one. */
#ifndef TBLOG_TAG_PLUGIN_H
#define TBLOG_TAG_PLUGIN_H

/* ROW(constant, TensorBoard's name, data class, name in messages) */
#define TAG_PLUGIN_LIST(ROW)                                                                       \
    ROW(TAG_PLUGIN_SCALARS, "scalars", SCALAR, "scalars")                                          \
    ROW(TAG_PLUGIN_HISTOGRAMS, "histograms", TENSOR, "histograms")                                 \
    ROW(TAG_PLUGIN_IMAGES, "images", BLOB_SEQUENCE, "images")                                      \
    ROW(TAG_PLUGIN_AUDIO, "audio", BLOB_SEQUENCE, "audio")                                         \
    ROW(TAG_PLUGIN_TEXT, "text", TENSOR, "text")                                                   \
    ROW(TAG_PLUGIN_PR_CURVES, "pr_curves", TENSOR, "PR curves")                                    \
    ROW(TAG_PLUGIN_HPARAMS, "hparams", TENSOR, "hyper-parameters")                                 \
    ROW(TAG_PLUGIN_CUSTOM_SCALARS, "custom_scalars", TENSOR, "a layout")                           \
    ROW(TAG_PLUGIN_MESH, "mesh", TENSOR, "a mesh")                                                 \
    ROW(TAG_PLUGIN_KERAS_GRAPH, "graph_keras_model", BLOB_SEQUENCE, "a Keras graph")

/* The plugin that shows a tag. A tag never changes its plugin. */
typedef enum tag_plugin {
#define CONSTANT(constant, name, storage, words) constant,
    TAG_PLUGIN_LIST(CONSTANT)
#undef CONSTANT
} tag_plugin;

#endif
