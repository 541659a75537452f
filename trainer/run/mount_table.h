/* What the system knows of a mounted file system: its type, and whether its options keep locks on
 * this host. The format is that of /proc/self/mountinfo (proc_pid_mountinfo(5)). */
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
 * Lines that are not as they should be are skipped. False if it is not there or memory is short;
 * *out is then empty. The caller frees *out. */
bool mount_table_find(FILE *table, dev_t device, mount_entry *out);

/* The option that keeps locks on this host, where other hosts do not see them, such as "nolock";
 * NULL for none and for an empty entry. The text is static. */
const char *mount_entry_local_locks(const mount_entry *entry);

/* Is it a FUSE file system that is not a local disk? Its program decides who sees a lock, and no
 * option says what it does. An empty entry is none. */
bool mount_entry_is_fuse(const mount_entry *entry);

/* Frees what the entry owns and empties it. */
void mount_entry_free(mount_entry *entry);

#endif
