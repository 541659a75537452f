#include "run_checkpoint.h"

#include <stdlib.h>
#include <string.h>

#include "checkpoint.h"
#include "message.h"

int run_checkpoint_save(const engine_api *api, engine *trained, const run_directory *directory,
                        const run_record *record, char *message)
{
    const uint64_t steps = run_config_steps_per_epoch(&record->config);
    checkpoint state = {.epochs = record->epoch_count, .iterations = record->epoch_count * steps};
    state.state_bytes = api->state_bytes(trained);
    state.state = malloc(state.state_bytes);
    if (state.state == NULL) {
        return message_set(message, "no memory for a checkpoint");
    }
    int status = 0;
    if (api->export_state(trained, state.state, state.state_bytes) != ENGINE_OK) {
        status = message_set(message, "the %s engine failed to give its state: %s", api->name,
                             api->message(trained));
    } else {
        status = run_directory_keep_state(directory, record, &state, message);
    }
    checkpoint_free(&state);
    return status;
}

bool run_checkpoint_restore(const engine_api *api, engine *trained, const run_directory *directory,
                            run_record *record, char *message)
{
    run_record before;
    checkpoint state;
    if (!run_directory_restore(directory, &before, &state, message)) {
        return false;
    }
    const bool imported = api->import_state(trained, state.state, state.state_bytes) == ENGINE_OK;
    if (imported) {
        record->epochs = before.epochs; /* now the record's own */
        record->epoch_count = before.epoch_count;
        before.epochs = NULL;
        memcpy(record->event_files, before.event_files, sizeof record->event_files);
        record->event_file_count = before.event_file_count;
    } else {
        message_set(message, "the checkpoint is not of this engine: %s", api->message(trained));
    }
    run_record_free(&before);
    checkpoint_free(&state);
    return imported;
}
