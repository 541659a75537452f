/* Messages that TensorBoard's plugins need in a tag's metadata or in a value. They are opaque to
 * event_encode. Knows nothing of tags, steps or events.
 *
 * Each function replaces `out` by one serialized message and returns true, or returns false without
 * memory. The caller checks the arguments. */
#ifndef TBLOG_PLUGIN_CONTENT_H
#define TBLOG_PLUGIN_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "byte_buffer.h"
#include "tblog/tblog.h"

/* The content for audio in the WAV format. */
TBLOG_MUST_CHECK bool plugin_content_wav(byte_buffer *out);

TBLOG_MUST_CHECK bool plugin_content_pr_curve(byte_buffer *out, uint32_t threshold_count);

/* The numbers are TensorBoard's. */
typedef enum mesh_part { MESH_VERTEX = 1, MESH_FACE = 2, MESH_COLOR = 3 } mesh_part;

/* `components` has the bit 1 << part for each part of the mesh; `shape` is that of this part. */
TBLOG_MUST_CHECK bool plugin_content_mesh(byte_buffer *out, const char *name, mesh_part part,
                                          uint32_t components, const char *config_json,
                                          const int32_t shape[3]);

/* A layout of the Custom Scalars page. */
TBLOG_MUST_CHECK bool plugin_content_layout(byte_buffer *out, const tblog_category *categories,
                                            size_t count);

/* ---- hparams_content.c ---- */

TBLOG_MUST_CHECK bool hparams_content_session_start(byte_buffer *out, double start_time,
                                                    const char *group_name,
                                                    const tblog_hparam *hparams, size_t count);

TBLOG_MUST_CHECK bool hparams_content_session_end(byte_buffer *out, double end_time,
                                                  tblog_session_result result);

TBLOG_MUST_CHECK bool hparams_content_experiment(byte_buffer *out, double created_time,
                                                 const tblog_experiment *experiment);

#endif
