/* The network in the form of Keras' model.to_json(), for TensorBoard's Graphs page and for a .keras
 * file. */
#ifndef TRAINER_KERAS_MODEL_H
#define TRAINER_KERAS_MODEL_H

/* The oldest version of Keras that writes this form. */
#define KERAS_MODEL_VERSION "3"

/* A new text, which the caller frees, or NULL without memory. */
char *keras_model_json(void);

#endif
