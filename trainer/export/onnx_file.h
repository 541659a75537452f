/* A model as ONNX (https://onnx.ai), which most runtimes read: IR version 7 and opset 13, which
 * onnxruntime since 2021 and OpenCV's module dnn support.
 *
 * Input "images", float [N,1,28,28]; output "probabilities", float [N,10]; N is any. Weights have
 * PyTorch's names and layouts (torch_layout.h). The metadata of model_facts is in
 * metadata_props. */
#ifndef TRAINER_ONNX_FILE_H
#define TRAINER_ONNX_FILE_H

#include "file_content.h"
#include "model.h"
#include "must_check.h"

/* Appends the file to an empty content. The same model gives the same bytes. 0, or -1 with a
 * message [MESSAGE_BYTES]. */
MUST_CHECK int onnx_file_make(file_content *out, const model *from, char *message);

#endif
