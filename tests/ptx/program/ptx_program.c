#include "ptx_program.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ptx_fault.h"
#include "ptx_parser.h"

struct ptx_program {
    ptx_arena arena; /* for everything below, and for everything that kernels point to */
    ptx_kernel *kernels;
    size_t kernel_count;
};

typedef struct addition {
    ptx_program *program;
    const char *file;
    const char *text;
    DIR *folder; /* while its files are added */
} addition;

ptx_program *ptx_program_create(void)
{
    return calloc(1, sizeof(ptx_program));
}

void ptx_program_destroy(ptx_program *program)
{
    if (program != NULL) {
        ptx_arena_free(&program->arena);
        free(program);
    }
}

static const char *keep_text(ptx_program *program, const char *text)
{
    char *copy = ptx_arena_resize(&program->arena, NULL, strlen(text) + 1);
    strcpy(copy, text);
    return copy;
}

static void add(void *argument)
{
    const addition *a = argument;
    ptx_program *program = a->program;
    const ptx_routines routines = ptx_find_routines(&program->arena, keep_text(program, a->file),
                                                    keep_text(program, a->text));
    for (size_t i = 0; i < routines.count; i++) {
        if (routines.all[i].is_entry) {
            const ptx_kernel kernel =
                ptx_parse_kernel(&program->arena, &routines, &routines.all[i]);
            program->kernels =
                ptx_arena_resize(&program->arena, program->kernels,
                                 (program->kernel_count + 1) * sizeof *program->kernels);
            program->kernels[program->kernel_count++] = kernel;
        }
    }
}

const char *ptx_program_add(ptx_program *program, const char *file, const char *text)
{
    addition a = {program, file, text, NULL};
    return ptx_try(add, &a);
}

static const char *read_file(ptx_arena *arena, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        ptx_fault("%s cannot be opened", path);
    }
    char *text = NULL;
    size_t length = 0;
    size_t got;
    do {
        text = ptx_arena_resize(arena, text, length + BUFSIZ + 1);
        got = fread(text + length, 1, BUFSIZ, file);
        length += got;
    } while (got > 0);
    fclose(file);
    text[length] = '\0';
    return text;
}

static void add_folder(void *argument)
{
    addition *a = argument;
    a->folder = opendir(a->file);
    if (a->folder == NULL) {
        ptx_fault("%s cannot be opened", a->file);
    }
    const size_t before = a->program->kernel_count;
    for (struct dirent *entry = readdir(a->folder); entry != NULL; entry = readdir(a->folder)) {
        const char *dot = strrchr(entry->d_name, '.');
        if (dot != NULL && strcmp(dot, ".ptx") == 0) {
            char path[4096];
            snprintf(path, sizeof path, "%s/%s", a->file, entry->d_name);
            add(&(addition){a->program, entry->d_name, read_file(&a->program->arena, path), NULL});
        }
    }
    if (a->program->kernel_count == before) {
        ptx_fault("%s has no kernel of PTX", a->file);
    }
}

const char *ptx_program_add_folder(ptx_program *program, const char *folder)
{
    addition a = {program, folder, NULL, NULL};
    const char *fault = ptx_try(add_folder, &a);
    if (a.folder != NULL) {
        closedir(a.folder);
    }
    return fault;
}

const ptx_kernel *ptx_program_find(const ptx_program *program, const char *part)
{
    const ptx_kernel *found = NULL;
    for (size_t i = 0; i < program->kernel_count; i++) {
        if (strstr(program->kernels[i].name, part) != NULL) {
            if (found != NULL) {
                return NULL;
            }
            found = &program->kernels[i];
        }
    }
    return found;
}

const ptx_kernel *ptx_program_kernels(const ptx_program *program, size_t *count)
{
    *count = program->kernel_count;
    return program->kernels;
}
