/* Reads any bytes as a model's file, or as its header. The first byte chooses whether the correct
 * length of the header is put before them, and whether zeros follow as parameters. So a small input
 * can be a whole file, and stays valid if the fuzzer changes a part of it. */
#include <math.h>
#include <string.h>
#include <sys/resource.h>

#include "fuzz_target.h"
#include "message.h"
#include "model_facts.h"
#include "safetensors.h"

/* With LIMIT_MEMORY: enough for the file, its parameters and its header together. */
enum { MEMORY_BYTES = 64 << 20 };

static float *parameters;

static void set_up(void)
{
    if (parameters != NULL) {
        return;
    }
    parameters = malloc(LENET_PARAMETERS * sizeof *parameters);
    fuzz_require(parameters != NULL);
#ifdef LIMIT_MEMORY
    const struct rlimit limit = {.rlim_cur = MEMORY_BYTES, .rlim_max = MEMORY_BYTES};
    fuzz_require(setrlimit(RLIMIT_DATA, &limit) == 0);
#endif
}

static void require_message(const char *message)
{
    fuzz_require(message[0] != '\0' && strchr(message, '\n') == NULL);
#ifdef LIMIT_MEMORY /* libFuzzer limits memory itself, and would put these words into inputs */
    fuzz_require(strstr(message, "no memory") == NULL);
#endif
}

static void require_parameters(void)
{
    for (size_t i = 0; i < LENET_PARAMETERS; i++) {
        fuzz_require(isfinite(parameters[i]));
    }
}

/* Writing the model and reading it again gives the same facts, without those of other programs. */
static void require_facts(const json_t *facts)
{
    char message[MESSAGE_BYTES] = "";
    model read = {0};
    model again = {0};
    if (model_facts_read(&read, facts, message) != 0) {
        require_message(message);
        fuzz_require(!read.has_origin);
        return;
    }
    json_t *written = model_facts(&read);
    fuzz_require(written != NULL);
    fuzz_require(model_facts_read(&again, written, message) == 0);
    json_t *written_again = model_facts(&again);
    fuzz_require(json_equal(written, written_again));
    json_decref(written_again);
    json_decref(written);
}

static void read_content(const char *content, size_t bytes)
{
    char message[MESSAGE_BYTES] = "";
    json_t *facts = NULL;
    if (safetensors_parse(content, bytes, parameters, &facts, message) != 0) {
        require_message(message);
        fuzz_require(facts == NULL);
        return;
    }
    require_parameters();
    require_facts(facts);
    json_decref(facts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    set_up();
    const size_t length_bytes = (data[0] & 2) != 0 ? 8 : 0;
    const size_t zeros = (data[0] & 1) != 0 ? SAFETENSORS_DATA_BYTES : 0;
    const size_t bytes = length_bytes + size - 1 + zeros;
    uint8_t *content = calloc(1, bytes > 0 ? bytes : 1);
    fuzz_require(content != NULL);
    for (size_t i = 0; i < length_bytes; i++) {
        content[i] = (uint8_t)((uint64_t)(size - 1) >> (8 * i));
    }
    memcpy(content + length_bytes, data + 1, size - 1);
    read_content((const char *)content, bytes);
    free(content);
    return 0;
}
