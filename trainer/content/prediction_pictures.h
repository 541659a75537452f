/* Pictures of a validation's mistakes. Knows nothing of engines, logs or files. */
#ifndef TRAINER_PREDICTION_PICTURES_H
#define TRAINER_PREDICTION_PICTURES_H

#include "dataset.h"
#include "must_check.h"
#include "picture.h"

/* The confusion matrix: a row for each label, a column for each predicted class, and in each cell
 * the number of samples ("123k" for 123,456). Cells on the diagonal are blue, the others red, and
 * the darker the larger their share of the row. predicted [set->count]. -1 without memory; the
 * caller frees *out. */
MUST_CHECK int prediction_picture_confusion(picture *out, const dataset_part *set,
                                            const uint8_t *predicted);

enum { PREDICTION_MISTAKES = 10 };

/* The set's first PREDICTION_MISTAKES wrongly predicted samples, or all if there are fewer, each
 * with "LABEL as PREDICTED" below it. As above. */
MUST_CHECK int prediction_picture_mistakes(picture *out, const dataset_part *set,
                                           const uint8_t *predicted);

#endif
