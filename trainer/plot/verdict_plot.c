#include "verdict_plot.h"

#include "figure.h"
#include "message.h"
#include "plot_file.h"

int verdict_plot_write(const verdict_plot *self, const comparison *all, const verdict *of,
                       char *message)
{
    figure picture;
    if (verdict_figure_make(&picture, all, of, self->source, self->axis) != 0) {
        return message_set(message, "no memory for %s", self->path);
    }
    if (picture.count == 0) {
        return message_set(message, "there is no finished run to draw over %s",
                           verdict_axis_names[self->axis]);
    }
    const int status = plot_file_write(&picture, self->look, self->path, message);
    figure_free(&picture);
    return status;
}
