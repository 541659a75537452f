#include "run_config_difference.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run_config_json.h"

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
        if (json_equal(value, other)) {
            continue;
        }
        char *other_text = json_dumps(other, JSON_ENCODE_ANY | JSON_REAL_PRECISION(10));
        char *value_text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(10));
        const size_t used = strlen(text);
        snprintf(text + used, text_bytes - used, "%s%s %s instead of %s",
                 differences == 0 ? "" : ", ", key, other_text != NULL ? other_text : "?",
                 value_text != NULL ? value_text : "?");
        free(other_text);
        free(value_text);
        differences++;
    }
    json_decref(theirs);
    json_decref(ours);
    return differences;
}
