/* The network as Keras' model.to_json() would tell it, for TensorBoard's Graphs page and for a
 * .keras file. */
#ifndef TRAINER_KERAS_MODEL_H
#define TRAINER_KERAS_MODEL_H

/* The oldest that knows this form as its own. */
#define KERAS_MODEL_VERSION "3"

/* A new text for the caller to free, or NULL without memory. */
char *keras_model_json(void);

#endif
