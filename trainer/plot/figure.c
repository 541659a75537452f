#include "figure.h"

#include <stdlib.h>

void figure_free(figure *self)
{
    for (unsigned i = 0; i < FIGURE_PANELS; i++) {
        for (size_t j = 0; self->lines[i] != NULL && j < self->count; j++) {
            free(self->lines[i][j].points);
        }
        free(self->lines[i]);
    }
    free(self->labels);
    *self = (figure){0};
}
