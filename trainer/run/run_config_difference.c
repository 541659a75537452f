#include "run_config_difference.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run_config_json.h"

#define LOG_EVERY "log_every"

/* By default log_every is 1 % of an epoch's steps. It differs if these do, and to name it as well
 * would hide the cause. */
static bool is_consequence(const char *key, const run_config *there, const run_config *here)
{
    return strcmp(key, LOG_EVERY) == 0 &&
           run_config_steps_per_epoch(there) != run_config_steps_per_epoch(here);
}

static void append_difference(char *text, size_t text_bytes, const char *key, const json_t *theirs,
                              const json_t *ours)
{
    char *their_text = json_dumps(theirs, JSON_ENCODE_ANY | JSON_REAL_PRECISION(10));
    char *our_text = json_dumps(ours, JSON_ENCODE_ANY | JSON_REAL_PRECISION(10));
    const size_t used = strlen(text);
    snprintf(text + used, text_bytes - used, "%s%s%s %s instead of %s", used == 0 ? "" : ", ", key,
             strcmp(key, LOG_EVERY) == 0 ? " (--update-freq)" : "",
             their_text != NULL ? their_text : "?", our_text != NULL ? our_text : "?");
    free(their_text);
    free(our_text);
}

unsigned run_config_difference(const run_config *there, const run_config *here, char *text,
                               size_t text_bytes)
{
    unsigned differences = 0;
    json_t *theirs = run_config_to_json(there);
    json_t *ours = run_config_to_json(here);
    const char *key;
    json_t *value;
    if (theirs == NULL || ours == NULL) {
        snprintf(text, text_bytes, "there is no memory to compare them");
        json_decref(theirs);
        json_decref(ours);
        return 1;
    }
    text[0] = '\0';
    json_object_foreach(ours, key, value)
    {
        const json_t *other = json_object_get(theirs, key);
        if (!json_equal(value, other) && !is_consequence(key, there, here)) {
            append_difference(text, text_bytes, key, other, value);
            differences++;
        }
    }
    json_decref(theirs);
    json_decref(ours);
    return differences;
}
