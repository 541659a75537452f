#include "real_to_json.h"

#include <math.h>

json_t *real_to_json(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}
