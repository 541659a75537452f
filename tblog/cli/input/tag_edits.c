#include "tag_edits.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "utf8.h"

static const char *add(tag_edits *edits, const char *tag, size_t tag_bytes, const char *new_tag)
{
    tag_edit *at = realloc(edits->at, (edits->count + 1) * sizeof *at);
    if (at == NULL) {
        return strerror(ENOMEM);
    }
    edits->at = at;
    const tag_edit added = {.tag = strndup(tag, tag_bytes), .new_tag = new_tag};
    if (added.tag == NULL) {
        return strerror(ENOMEM);
    }
    if (tag_edits_find(edits, added.tag) != NULL) {
        free(added.tag);
        return "the tag is dropped or renamed already";
    }
    at[edits->count++] = added;
    return NULL;
}

const char *tag_edits_add_drop(tag_edits *edits, const char *tag)
{
    return add(edits, tag, strlen(tag), NULL);
}

const char *tag_edits_add_rename(tag_edits *edits, const char *names)
{
    const char *equals = strchr(names, '=');
    if (equals == NULL || equals == names || equals[1] == '\0') {
        return "not OLD=NEW";
    }
    const char *new_tag = equals + 1;
    if (!utf8_is_valid(new_tag, strlen(new_tag))) {
        return "the new tag is not UTF-8";
    }
    if (tag_edits_find_new(edits, new_tag) != NULL) {
        return "another tag is renamed to this one already";
    }
    return add(edits, names, (size_t)(equals - names), new_tag);
}

tag_edit *tag_edits_find(const tag_edits *edits, const char *tag)
{
    for (size_t i = 0; i < edits->count; i++) {
        if (strcmp(edits->at[i].tag, tag) == 0) {
            return &edits->at[i];
        }
    }
    return NULL;
}

const tag_edit *tag_edits_find_new(const tag_edits *edits, const char *new_tag)
{
    for (size_t i = 0; i < edits->count; i++) {
        if (edits->at[i].new_tag != NULL && strcmp(edits->at[i].new_tag, new_tag) == 0) {
            return &edits->at[i];
        }
    }
    return NULL;
}

void tag_edits_free(tag_edits *edits)
{
    for (size_t i = 0; i < edits->count; i++) {
        free(edits->at[i].tag);
    }
    free(edits->at);
    *edits = (tag_edits){0};
}
