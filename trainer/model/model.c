#include "model.h"

#include <stdlib.h>

void model_free(model *self)
{
    free(self->parameters);
    *self = (model){0};
}
