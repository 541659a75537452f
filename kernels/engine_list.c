/* The engines by name. Nothing in an engine calls this. */
#include <string.h>

#include "engine_tables.h"

/* The one list of engines, best first. */
const engine_api *const engine_list[] = {
    &engine_cuda,
    &engine_cpu,
    NULL,
};

const engine_api *engine_find(const char *name)
{
    char reason[256];
    for (size_t i = 0; engine_list[i] != NULL; i++) {
        if (strcmp(name, "auto") == 0 ? engine_list[i]->available(reason, sizeof reason)
                                      : strcmp(name, engine_list[i]->name) == 0) {
            return engine_list[i];
        }
    }
    return NULL;
}
