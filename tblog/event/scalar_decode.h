/* Decodes events that have only scalars in their usual form, by hand: files hold millions of them,
 * and the general parser takes several times as long. Everything unusual is left to that parser.
 * Belongs to event_decode. */
#ifndef TBLOG_SCALAR_DECODE_H
#define TBLOG_SCALAR_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tblog/tblog.h"
#include "value_decode.h"

/* True: *event is what event_decode would return, and its values point into `store`. False, with
 * *event unchanged: the general parser has to decode the payload, or there is no memory. */
TBLOG_MUST_CHECK bool scalar_decode(value_store *store, const uint8_t *payload,
                                    size_t payload_bytes, tblog_event *event);

#endif
