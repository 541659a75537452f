#include "npz_file.h"

#include <stdio.h>
#include <stdlib.h>

#include "lenet.h"
#include "message.h"
#include "model_facts.h"
#include "zip_archive.h"

/* All before an array's data; a multiple of 64, which NumPy asks for. */
enum { NPY_HEADER_BYTES = 128 };

enum { NAME_BYTES = 32, SHAPE_BYTES = 48, DICTIONARY_BYTES = 112 };

/* A shape as Python writes it: "(32,)", "(9216, 128)". */
static void format_shape(char out[SHAPE_BYTES], const lenet_tensor *tensor)
{
    size_t length = 0;
    for (unsigned i = 0; i < tensor->rank; i++) {
        length += (size_t)snprintf(out + length, SHAPE_BYTES - length, "%s%u", i == 0 ? "(" : ", ",
                                   tensor->shape[i]);
    }
    snprintf(out + length, SHAPE_BYTES - length, "%s", tensor->rank == 1 ? ",)" : ")");
}

/* An .npy array, by NumPy's description of the format (numpy.lib.format): version 1.0, the length
 * of the header's rest, and a dictionary with spaces and a newline after it. */
static void make_npy(file_content *out, const lenet_tensor *tensor, const float *parameters)
{
    static const uint8_t magic[] = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};
    enum { LENGTH_BYTES = 2, REST = NPY_HEADER_BYTES - sizeof magic - LENGTH_BYTES };
    char shape[SHAPE_BYTES];
    char dictionary[DICTIONARY_BYTES];
    char rest[REST + 1];
    format_shape(shape, tensor);
    snprintf(dictionary, sizeof dictionary,
             "{'descr': '<f4', 'fortran_order': False, 'shape': %s, }", shape);
    snprintf(rest, sizeof rest, "%-*s\n", (int)REST - 1, dictionary);
    file_content_add(out, magic, sizeof magic);
    file_content_add_number(out, REST, LENGTH_BYTES);
    file_content_add(out, rest, REST);
    file_content_add_floats(out, parameters + tensor->offset, tensor->count);
}

int npz_file_make(file_content *out, const model *from, char *message)
{
    file_content arrays[LENET_TENSORS] = {{0}};
    char names[LENET_TENSORS][NAME_BYTES];
    zip_member members[LENET_TENSORS];
    json_t *facts = model_facts(from);
    char *comment = json_dumps(facts, JSON_COMPACT);
    bool failed = comment == NULL;
    for (unsigned i = 0; i < LENET_TENSORS; i++) {
        make_npy(&arrays[i], &lenet_tensors[i], from->parameters);
        failed = failed || arrays[i].failed;
        snprintf(names[i], NAME_BYTES, "%s.npy", lenet_tensors[i].name);
        members[i] = (zip_member){names[i], arrays[i].data, arrays[i].bytes};
    }
    const int status = failed ? message_set(message, "no memory for the arrays")
                              : zip_archive_make(out, members, LENET_TENSORS, comment, message);
    for (unsigned i = 0; i < LENET_TENSORS; i++) {
        file_content_free(&arrays[i]);
    }
    free(comment);
    json_decref(facts);
    return status;
}
