/* The decoded kernels (ptx_kernel.h) of one or more PTX files. */
#ifndef PTX_PROGRAM_H
#define PTX_PROGRAM_H

#include "ptx_kernel.h"

typedef struct ptx_program ptx_program;

ptx_program *ptx_program_create(void);
void ptx_program_destroy(ptx_program *program);

/* Adds the kernels of a text. Faults name it `file`. Returns NULL, or a message, valid until the
 * next fault, if the text is wrong or has an unknown instruction. Both strings are copied. */
const char *ptx_program_add(ptx_program *program, const char *file, const char *text);

/* Adds every file *.ptx of a folder; an error if there is none. */
const char *ptx_program_add_folder(ptx_program *program, const char *folder);

/* The kernel whose mangled name contains `part`; NULL if none does or several do. */
const ptx_kernel *ptx_program_find(const ptx_program *program, const char *part);

/* All kernels, [*count]; valid until the next addition. */
const ptx_kernel *ptx_program_kernels(const ptx_program *program, size_t *count);

#endif
