/* Reads any bytes as a run's checkpoint. Accepted values are in range, and are the same after they
 * are written and read again. */
#include <math.h>
#include <string.h>

#include "checkpoint.h"
#include "fuzz_target.h"
#include "message.h"
#include "run_config.h"
#include "run_input.h"

static file_presence read_checkpoint(checkpoint *out, char *message)
{
    return checkpoint_read(out, run_input_descriptor(), "run", message);
}

static void require_ranges(const checkpoint *read)
{
    const epoch_sums *sums = &read->under_way;
    fuzz_require(read->epochs <= RUN_CONFIG_MAX_EPOCHS && read->iterations >= 1);
    fuzz_require(read->state_bytes >= 1);
    fuzz_require(sums->correct <= sums->samples && sums->samples >= sums->steps);
    fuzz_require(sums->seconds >= 0 && isfinite(sums->seconds) && !isinf(sums->loss));
}

static void require_equal(const checkpoint *one, const checkpoint *other)
{
    const epoch_sums *a = &one->under_way;
    const epoch_sums *b = &other->under_way;
    fuzz_require(one->epochs == other->epochs && one->iterations == other->iterations);
    fuzz_require(one->state_bytes == other->state_bytes);
    fuzz_require(memcmp(one->state, other->state, one->state_bytes) == 0);
    fuzz_require(a->loss == b->loss || (isnan(a->loss) && isnan(b->loss)));
    fuzz_require(a->correct == b->correct && a->samples == b->samples && a->steps == b->steps);
    fuzz_require(a->seconds == b->seconds);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const checkpoint empty;
    char message[MESSAGE_BYTES] = "";
    checkpoint read, again;
    run_input_set(CHECKPOINT_FILE, data, size);
    if (read_checkpoint(&read, message) != FILE_READ) {
        fuzz_require(memcmp(&read, &empty, sizeof read) == 0);
        run_input_require_message(message);
        return 0;
    }
    require_ranges(&read);
    fuzz_require(checkpoint_write(&read, run_input_descriptor(), "run", message) == 0);
    fuzz_require(read_checkpoint(&again, message) == FILE_READ);
    require_equal(&read, &again);
    checkpoint_free(&again);
    checkpoint_free(&read);
    return 0;
}
