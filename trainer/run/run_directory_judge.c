#include "run_directory_judge.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "message.h"
#include "run_config_difference.h"
#include "run_files.h"
#include "run_record_file.h"
#include "run_search.h"

/* run.json may be missing or of an earlier run: its writer makes it only after taking the lock. */
static void name_writer(const char *path, char *message)
{
    char damage[MESSAGE_BYTES];
    run_record there;
    message_set(message, "%s: another process is writing a run there", path);
    if (run_record_read(&there, path, damage) == FILE_READ && there.state == RUN_RUNNING &&
        there.host[0] != '\0') {
        message_set(message, "%s (process %" PRIu64 " on %s)", message, there.process, there.host);
    }
    run_record_free(&there);
}

run_directory_verdict run_directory_judge_holder(run_lock_holder holder, const char *path,
                                                 char *message)
{
    switch (holder) {
    case RUN_LOCK_NOBODY:
        return RUN_DIRECTORY_USABLE;
    case RUN_LOCK_ANOTHER:
        name_writer(path, message);
        return RUN_DIRECTORY_HELD;
    case RUN_LOCK_UNKNOWN:
        break;
    }
    return RUN_DIRECTORY_REFUSED;
}

/* -1 with a message if the directory, which need not exist, is inside a run's directory. */
static int check_above(const char *path, char *message)
{
    char other[PATH_MAX];
    const run_search_result result = run_search_above(path, other, message);
    if (result == RUN_SEARCH_FOUND) {
        message_set(message, "%s is inside of the run %s: name a directory outside of it", path,
                    other);
    }
    return result == RUN_SEARCH_NOTHING ? 0 : -1;
}

/* -1 with a message if the directory, which holds no run, has a file that a run would replace. */
static int check_foreign_models(const char *path, char *message)
{
    char file[PATH_MAX];
    struct stat status;
    for (size_t i = 0; i < RUN_FILES_MODELS; i++) {
        if (message_join_path(file, sizeof file, path, run_files_models[i], message) != 0) {
            return -1;
        }
        if (lstat(file, &status) == 0) {
            return message_set(message,
                               "%s holds a %s but no run: move it away or name another directory",
                               path, run_files_models[i]);
        }
    }
    return 0;
}

/* -1 with a message if no run may begin here, even one that may replace another. `run` is the
 * existing run; NULL for none. */
static int check_place(const char *path, const run_record *run, char *message)
{
    char other[PATH_MAX];
    run_search_result result = run_search_below(path, other, message);
    if (result == RUN_SEARCH_FOUND) {
        return message_set(message,
                           "%s holds other runs (such as %s): name a directory of the run's own",
                           path, other);
    }
    if (result == RUN_SEARCH_NOTHING) {
        result = run_search_foreign_events(path, run, message);
    }
    if (result == RUN_SEARCH_FOUND) {
        return message_set(message,
                           "%s holds event files that are not known to be the trainer's "
                           "(--overwrite replaces only those named in its " RUN_RECORD_FILE
                           "): move them away or name another directory",
                           path);
    }
    if (result != RUN_SEARCH_NOTHING) {
        return -1;
    }
    return run == NULL ? check_foreign_models(path, message) : 0;
}

/* May the existing run be continued with `config`? It may be given more epochs, or fewer than were
 * planned, but no fewer than have begun: logged points are never removed. */
static run_directory_verdict judge_continued(const char *path, const run_config *config,
                                             const run_record *there, char *message)
{
    char difference[MESSAGE_BYTES / 2];
    run_config continued = there->config;
    continued.epochs = config->epochs;
    if (run_config_difference(&continued, config, difference, sizeof difference) > 0) {
        message_set(message, "%s holds a run of another configuration: %s; --overwrite replaces it",
                    path, difference);
        return RUN_DIRECTORY_REFUSED;
    }
    if (there->epoch_count > config->epochs) {
        message_set(message,
                    "%s holds a run of %u epochs already, more than %u; --overwrite replaces it",
                    path, (unsigned)there->epoch_count, (unsigned)config->epochs);
        return RUN_DIRECTORY_REFUSED;
    }
    const run_state state = run_record_state_at_rest(there);
    if (state == RUN_INTERRUPTED && there->epoch_count == config->epochs &&
        there->config.epochs > config->epochs) {
        message_set(
            message,
            "%s holds an interrupted run that has %u of %u epochs and may have steps of the next "
            "one, so it cannot end here: give more than %u epochs; --overwrite "
            "replaces it",
            path, (unsigned)there->epoch_count, (unsigned)there->config.epochs,
            (unsigned)config->epochs);
        return RUN_DIRECTORY_REFUSED;
    }
    if (state == RUN_INTERRUPTED ||
        (state == RUN_FINISHED && there->epoch_count < config->epochs)) {
        return RUN_DIRECTORY_USABLE;
    }
    message_set(message, "%s holds a %s run of this configuration; --overwrite replaces it", path,
                run_state_name(state));
    return state == RUN_FINISHED ? RUN_DIRECTORY_FINISHED : RUN_DIRECTORY_DIVERGED;
}

/* As run_directory_judge_held. *there is the content of run.json; the caller frees it. */
static run_directory_verdict judge_record(const char *path, const run_config *config,
                                          run_directory_replace replace, run_record *there,
                                          char *message)
{
    char damage[MESSAGE_BYTES];
    const file_presence presence = run_record_read(there, path, damage);
    if (presence == FILE_UNREADABLE) {
        message_set(message, "%s", damage);
        return RUN_DIRECTORY_REFUSED;
    }
    if (check_place(path, presence == FILE_ABSENT ? NULL : there, message) != 0) {
        return RUN_DIRECTORY_REFUSED;
    }
    if (presence == FILE_ABSENT || replace == RUN_DIRECTORY_REPLACE_ANY) {
        return RUN_DIRECTORY_USABLE;
    }
    if (presence == FILE_DAMAGED) {
        message_set(message, "%.900s; --overwrite replaces it", damage);
        return RUN_DIRECTORY_REFUSED;
    }
    if (replace == RUN_DIRECTORY_CONTINUE) {
        return judge_continued(path, config, there, message);
    }
    const run_state state = run_record_state_at_rest(there);
    message_set(
        message,
        "%s holds a run already (batch size %u, %u of %u epochs, %s); %s--overwrite replaces it",
        path, (unsigned)there->config.batch_size, (unsigned)there->epoch_count,
        (unsigned)there->config.epochs, run_state_name(state),
        state == RUN_INTERRUPTED ? "--resume continues it, " : "");
    return RUN_DIRECTORY_REFUSED;
}

run_directory_verdict run_directory_judge_held(const char *path, const run_config *config,
                                               run_directory_replace replace, char *message)
{
    run_record there = {0};
    const run_directory_verdict verdict = judge_record(path, config, replace, &there, message);
    run_record_free(&there);
    return verdict;
}

run_directory_verdict run_directory_judge(const char *path, const run_config *config,
                                          run_directory_replace replace, char *message)
{
    struct stat status;
    if (check_above(path, message) != 0) {
        return RUN_DIRECTORY_REFUSED;
    }
    if (stat(path, &status) != 0 && errno == ENOENT) {
        return RUN_DIRECTORY_USABLE;
    }
    const int fd = run_files_open(path, message);
    if (fd < 0) {
        return RUN_DIRECTORY_REFUSED;
    }
    run_directory_verdict verdict =
        run_directory_judge_holder(run_lock_ask(fd, path, message), path, message);
    if (verdict == RUN_DIRECTORY_USABLE) {
        verdict = run_directory_judge_held(path, config, replace, message);
    }
    close(fd);
    return verdict;
}
