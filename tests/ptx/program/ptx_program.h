/* The kernels of one or more PTX files, as ptx_kernel.h has them. */
#ifndef PTX_PROGRAM_H
#define PTX_PROGRAM_H

#include "ptx_kernel.h"

typedef struct ptx_program ptx_program;

ptx_program *ptx_program_create(void);
void ptx_program_destroy(ptx_program *program);

/* Adds the kernels of a text. `file` names it in faults. NULL, or what is wrong with it, good until
 * the next fault; an instruction that the interpreter does not know is. Both texts are copied. */
const char *ptx_program_add(ptx_program *program, const char *file, const char *text);

/* Adds every file *.ptx of a folder; at least one. */
const char *ptx_program_add_folder(ptx_program *program, const char *folder);

/* The one kernel whose mangled name contains `part`; NULL if it is none or several. */
const ptx_kernel *ptx_program_find(const ptx_program *program, const char *part);

/* All kernels, [*count], until the next addition. */
const ptx_kernel *ptx_program_kernels(const ptx_program *program, size_t *count);

#endif
