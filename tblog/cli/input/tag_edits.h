/* The tags of trim's options --drop-tag and --rename-tag, by their complete names. */
#ifndef TBLOG_CLI_TAG_EDITS_H
#define TBLOG_CLI_TAG_EDITS_H

#include <stdbool.h>
#include <stddef.h>

#include "tblog/tblog.h"

typedef struct tag_edit {
    char *tag;
    const char *new_tag; /* NULL drops the tag */
    bool is_met;         /* a value has the tag */
} tag_edit;

/* All zero is no edits. */
typedef struct tag_edits {
    tag_edit *at;
    size_t count;
} tag_edits;

/* NULL, or an error text about the option's value, which must outlive the edits. */
TBLOG_MUST_CHECK const char *tag_edits_add_drop(tag_edits *edits, const char *tag);

/* Likewise, of "OLD=NEW": the first "=" ends OLD. */
TBLOG_MUST_CHECK const char *tag_edits_add_rename(tag_edits *edits, const char *names);

/* What becomes of the tag; NULL if it stays. */
tag_edit *tag_edits_find(const tag_edits *edits, const char *tag);

/* The edit that renames another tag to this one, or NULL. */
const tag_edit *tag_edits_find_new(const tag_edits *edits, const char *new_tag);

void tag_edits_free(tag_edits *edits);

#endif
