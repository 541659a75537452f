/* The network as Keras' model.to_json() would tell it, for TensorBoard's Graphs page. */
#ifndef TRAINER_KERAS_MODEL_H
#define TRAINER_KERAS_MODEL_H

/* A new text for the caller to free, or NULL without memory. */
char *keras_model_json(void);

#endif
