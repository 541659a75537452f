#include "message.h"
#include "prediction_pictures.h"
#include "run_log_internal.h"

typedef int draw_function(picture *out, const dataset_part *set, const uint8_t *predicted);

static int add_picture(run_log *log, const char *tag, uint32_t epoch, draw_function *draw,
                       const uint8_t *predicted, char *message)
{
    picture drawn;
    if (draw(&drawn, log->validation_set, predicted) != 0) {
        return message_set(message, "no memory for a picture of the validation");
    }
    const int status = run_log_checked(
        log->validation,
        tblog_add_image(log->validation, tag, epoch, drawn.pixels, drawn.width, drawn.height, 3),
        message);
    picture_free(&drawn);
    return status;
}

int run_log_pictures(run_log *log, uint32_t epoch, const uint8_t *predicted, char *message)
{
    return add_picture(log, "confusion_matrix", epoch, prediction_picture_confusion, predicted,
                       message) != 0
               ? -1
               : add_picture(log, "mistakes", epoch, prediction_picture_mistakes, predicted,
                             message);
}
