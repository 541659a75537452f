/* Makes Markdown that TensorBoard shows literally as a given text. Knows nothing of events. */
#ifndef TBLOG_PLAIN_TEXT_H
#define TBLOG_PLAIN_TEXT_H

#include "byte_buffer.h"

/* Appends the Markdown for a text in UTF-8. False without memory; *out then has a part of it. */
TBLOG_MUST_CHECK bool plain_text_append_markdown(byte_buffer *out, const char *text);

#endif
