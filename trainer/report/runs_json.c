#include "runs_json.h"

int runs_json_print(json_t *runs, FILE *out)
{
    json_t *root = runs != NULL ? json_pack("{s:o}", "runs", runs) : NULL;
    const int status = root != NULL ? json_dumpf(root, out, JSON_INDENT(2)) : -1;
    json_decref(root);
    fputc('\n', out);
    return status;
}
