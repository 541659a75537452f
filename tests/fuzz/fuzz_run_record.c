/* Reads any bytes as a run's run.json. Accepted values are in range, and are the same after they
 * are written and read again. */
#include <string.h>

#include "fuzz_target.h"
#include "message.h"
#include "run_config_difference.h"
#include "run_input.h"
#include "run_record_file.h"

static void require_ranges(const run_record *read)
{
    const run_config *config = &read->config;
    fuzz_require((unsigned)read->state <= RUN_DIVERGED && read->runs_at_once >= 1);
    fuzz_require(config->epochs >= 1 && config->epochs <= RUN_CONFIG_MAX_EPOCHS);
    fuzz_require(config->batch_size >= 1 && config->batch_size <= config->training_samples);
    fuzz_require(config->micro_batch < config->batch_size && config->learning_rate > 0);
    fuzz_require(read->epoch_count <= config->epochs);
    for (uint32_t i = 0; i < read->event_file_count; i++) {
        const char *path = read->event_files[i];
        fuzz_require(strlen(path) < RUN_RECORD_PATH_BYTES && path[0] != '/' && path[0] != '.');
        fuzz_require(strchr(path, '/') == strrchr(path, '/'));
    }
}

static void require_equal(const run_record *one, const run_record *other)
{
    char text[MESSAGE_BYTES];
    fuzz_require(run_config_difference(&one->config, &other->config, text, sizeof text) == 0);
    fuzz_require(one->state == other->state && one->process == other->process);
    fuzz_require(one->diverged_at_step == other->diverged_at_step);
    fuzz_require(one->runs_at_once == other->runs_at_once);
    fuzz_require(strcmp(one->hardware, other->hardware) == 0);
    fuzz_require(strcmp(one->host, other->host) == 0);
    fuzz_require(memcmp(&one->memory, &other->memory, sizeof one->memory) == 0);
    fuzz_require(one->epoch_count == other->epoch_count);
    fuzz_require(one->epoch_count == 0 ||
                 memcmp(one->epochs, other->epochs, one->epoch_count * sizeof *one->epochs) == 0);
    fuzz_require(one->event_file_count == other->event_file_count);
    for (uint32_t i = 0; i < one->event_file_count; i++) {
        fuzz_require(strcmp(one->event_files[i], other->event_files[i]) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const run_record empty;
    char message[MESSAGE_BYTES] = "";
    run_record read, again;
    run_input_set(RUN_RECORD_FILE, data, size);
    if (run_record_read(&read, run_input_directory(), message) != FILE_READ) {
        fuzz_require(memcmp(&read, &empty, sizeof read) == 0);
        run_input_require_message(message);
        return 0;
    }
    require_ranges(&read);
    fuzz_require(run_record_write(&read, run_input_descriptor(), "run", message) == 0);
    fuzz_require(run_record_read(&again, run_input_directory(), message) == FILE_READ);
    require_equal(&read, &again);
    run_record_free(&again);
    run_record_free(&read);
    return 0;
}
