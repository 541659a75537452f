/* The names of the models in a run's directory; model_file.h has the rest. */
#ifndef TRAINER_MODEL_FILES_H
#define TRAINER_MODEL_FILES_H

#define MODEL_FILE      "model.safetensors"
#define MODEL_BEST_FILE "best.safetensors"

#endif
