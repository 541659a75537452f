/* Faults in the system calls by which the writer makes and writes its files, at any one of them.
 * The program is linked with --wrap for each call (CMakeLists.txt), so the files are real ones, but
 * nothing waits for the disk. */
#ifndef TESTS_FAULTY_CALLS_H
#define TESTS_FAULTY_CALLS_H

#include <stdbool.h>
#include <stddef.h>

typedef enum call_fault {
    FAULT_FULL, /* the disk is full: the first write writes half of its bytes, then writing and
                   making files fail with ENOSPC */
    FAULT_EIO,  /* every call fails */
    FAULT_EINTR,
    FAULT_SHORT, /* a write writes half of its bytes; other calls fail with EIO */
    FAULT_ZERO,  /* a write writes nothing and returns 0; other calls fail with EIO */
    FAULT_MOVED, /* the directory is renamed, once; no call fails by itself */
    FAULT_COUNT
} call_fault;

/* From now on calls are counted from 0, and those from `from` to below `until` have the fault.
 * FAULT_MOVED renames `directory` to `moved`. The caller must keep both strings. */
void faulty_calls_begin(call_fault fault, size_t from, size_t until, const char *directory,
                        const char *moved);

/* Ends the faults. Returns whether there was one. */
bool faulty_calls_end(void);

/* Exempts the calling thread from counts and faults. */
void faulty_calls_exempt(bool exempt);

#endif
