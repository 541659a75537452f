/* tblog export: parses the command line and calls one of the forms of export_forms.h. */
#include <stdbool.h>
#include <string.h>

#include "exit_status.h"
#include "export_forms.h"
#include "option_check.h"

static bool wants_blobs(const export_request *request)
{
    return request->images || request->audio;
}

static enum exit_status export_files(const export_request *request)
{
    event_files files = {0};
    const enum exit_status found = event_files_find(&files, "export", request->arguments.paths)
                                       ? EXIT_STATUS_DONE
                                       : EXIT_STATUS_FAILED;
    const enum exit_status status = wants_blobs(request) ? export_blobs(request, &files)
                                    : request->wide      ? export_wide(request, &files)
                                                         : export_scalars(request, &files);
    event_files_free(&files);
    return worse_status(found, status);
}

enum { OPTION_IMAGES = 256, OPTION_AUDIO, OPTION_WIDE };

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    export_request *request = state->input;
    switch (key) {
    case OPTION_IMAGES:
        request->images = true;
        return 0;
    case OPTION_AUDIO:
        request->audio = true;
        return 0;
    case OPTION_WIDE:
        request->wide = true;
        return 0;
    case ARGP_KEY_SUCCESS:
        if (wants_blobs(request) && request->wide) {
            return option_check_refuse(state,
                                       "--wide is for scalars, not for --images and --audio");
        }
        if (wants_blobs(request) && request->arguments.output == NULL) {
            return option_check_refuse(state,
                                       "-o DIR is missing, for the files of --images and --audio");
        }
        if (!wants_blobs(request) && request->arguments.output != NULL &&
            strcmp(request->arguments.output, "-") == 0) {
            request->arguments.output = NULL;
        }
        return 0;
    default:
        return arguments_parse(key, argument, state, &request->arguments);
    }
}

int command_export(int argc, char **argv)
{
    static const struct argp_option options[] = {
        ARGUMENTS_TAG_OPTION,
        {"output", 'o', "OUT", 0,
         "Write this new file (default, or with \"-\": standard output). With --images or --audio: "
         "the directory, new or empty",
         0},
        {"images", OPTION_IMAGES, NULL, 0, "Save the images as files, instead of scalars", 0},
        {"audio", OPTION_AUDIO, NULL, 0, "Save the audio as files; may be given with --images", 0},
        {"wide", OPTION_WIDE, NULL, 0, "Print one row per step and one column per tag", 0},
        {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse_option,
        .args_doc = "PATH...",
        .doc =
            "Export the scalars of event files as CSV (run, tag, step, wall time, value), or their "
            "images and audio as files.\v"
            "A directory stands for all files below it whose names contain 'tfevents'. Numbers "
            "have enough digits to read back the same value. NaN and infinities are NaN, Infinity "
            "and -Infinity. REGEX is a POSIX extended regular expression.\n\n"
            "With --wide, the columns are run, step and one per tag, in order of first appearance. "
            "A cell is empty if its tag has no point at that step. If a tag repeats a step, the "
            "last point counts, as in TensorBoard, and a note reports how many were left out. "
            "--wide needs about 50 bytes of memory per point.\n\n"
            "Images and audio become files OUT/RUN/TAG@STEP-INDEX.png (or .jpg, .gif, .wav and so "
            "on, by content). INDEX counts from 0 the values of a tag at one step. In names, "
            "ASCII characters other than letters, digits and \"_.+=,-\" become %XX.\n\n"
            "Exit status: 0 success; 1 error, or a damaged file, of which the part before the "
            "damage is exported; 2 wrong usage; 3 no error except torn last records."};
    export_request request = {0};
    int status = EXIT_STATUS_USAGE;
    if (option_check_parse(&argp, argc, argv, &request) == 0) {
        status = (int)export_files(&request);
    }
    arguments_free(&request.arguments);
    return status;
}
