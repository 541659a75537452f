/* The type of a mounted file system, and whether its options keep locks on this host. Reads the
 * format of /proc/self/mountinfo (proc_pid_mountinfo(5)). */
#ifndef TRAINER_MOUNT_TABLE_H
#define TRAINER_MOUNT_TABLE_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#define MOUNT_TABLE_FILE "/proc/self/mountinfo"

typedef struct mount_entry {
    char *line;          /* owns the text of the others; NULL for an empty entry */
    const char *type;    /* such as "nfs4" or "fuse.sshfs" */
    const char *options; /* the file system's own, separated by commas; may be "" */
} mount_entry;

/* Finds the file system with this device number (st_dev) in `table`, a stream of mountinfo lines.
 * Malformed lines are skipped. False if it is not found or there is no memory; *out is then empty.
 * The caller frees *out. */
bool mount_table_find(FILE *table, dev_t device, mount_entry *out);

/* The option that hides locks from other hosts, such as "nolock"; NULL if there is none or the
 * entry is empty. The text is static. */
const char *mount_entry_local_locks(const mount_entry *entry);

/* Is it a FUSE file system that is not a local disk? Its program decides who sees a lock, and no
 * mount option shows what it decides. False for an empty entry. */
bool mount_entry_is_fuse(const mount_entry *entry);

/* Frees what the entry owns and empties it. */
void mount_entry_free(mount_entry *entry);

#endif
