/* Events of nothing but scalars in their usual form, decoded by hand: files hold millions of them,
 * and the general parser takes several times as long. What is in the least unusual is left to it.
 * Belongs to event_decode. */
#ifndef TBLOG_SCALAR_DECODE_H
#define TBLOG_SCALAR_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tblog/tblog.h"
#include "value_decode.h"

/* True, and *event is what event_decode makes of the payload, with all that its values point to in
 * `store`. False where the general parser is to say what the payload is, and where memory is
 * missing; then *event is untouched. */
TBLOG_MUST_CHECK bool scalar_decode(value_store *store, const uint8_t *payload,
                                    size_t payload_bytes, tblog_event *event);

#endif
