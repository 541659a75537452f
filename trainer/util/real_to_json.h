/* A number as JSON. */
#ifndef TRAINER_REAL_TO_JSON_H
#define TRAINER_REAL_TO_JSON_H

#include <jansson.h>

/* A new value, or NULL without memory. JSON has no NaN and no infinity: they are null. */
json_t *real_to_json(double value);

#endif
