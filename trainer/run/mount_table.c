#include "mount_table.h"

#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

/* Mount options that keep locks on this host, by the beginning of the file system's type: nfs(5),
 * mount.cifs(8), mount.lustre(8). */
static const struct {
    const char *type;
    const char *option;
} local_locks[] = {
    {"nfs", "nolock"},           {"nfs", "local_lock=all"}, {"nfs", "local_lock=flock"},
    {"nfs", "local_lock=posix"}, {"cifs", "nobrl"},         {"smb3", "nobrl"},
    {"lustre", "localflock"},
};

/* Cuts the first word off *rest. A word may be empty. */
static char *cut_word(char **rest)
{
    char *word = *rest;
    *rest += strcspn(word, " \n");
    if (**rest != '\0') {
        *(*rest)++ = '\0';
    }
    return word;
}

/* "ID PARENT MAJOR:MINOR ROOT POINT OPTIONS [TAGS…] - TYPE SOURCE OPTIONS", with \040 for blanks in
 * names. False if this is another device. */
static bool parse_line(char *line, dev_t device, mount_entry *out)
{
    unsigned major_number;
    unsigned minor_number;
    char *rest = strstr(line, " - ");
    if (rest == NULL || sscanf(line, "%*u %*u %u:%u ", &major_number, &minor_number) != 2 ||
        makedev(major_number, minor_number) != device) {
        return false;
    }
    rest += strlen(" - ");
    out->line = line;
    out->type = cut_word(&rest);
    (void)cut_word(&rest); /* the source */
    out->options = cut_word(&rest);
    return true;
}

bool mount_table_find(FILE *table, dev_t device, mount_entry *out)
{
    char *line = NULL;
    size_t capacity = 0;
    *out = (mount_entry){0};
    while (getline(&line, &capacity, table) >= 0) {
        if (parse_line(line, device, out)) {
            return true;
        }
    }
    free(line);
    return false;
}

/* Is `option` one of the options, which commas separate? */
static bool has_option(const char *options, const char *option)
{
    const size_t bytes = strlen(option);
    for (const char *at = options; *at != '\0';) {
        const size_t length = strcspn(at, ",");
        if (length == bytes && memcmp(at, option, bytes) == 0) {
            return true;
        }
        at += length + (at[length] == ',' ? 1 : 0);
    }
    return false;
}

const char *mount_entry_local_locks(const mount_entry *entry)
{
    for (size_t i = 0; entry->line != NULL && i < sizeof local_locks / sizeof local_locks[0]; i++) {
        const char *type = local_locks[i].type;
        if (strncmp(entry->type, type, strlen(type)) == 0 &&
            has_option(entry->options, local_locks[i].option)) {
            return local_locks[i].option;
        }
    }
    return NULL;
}

/* virtiofs is FUSE between a virtual machine and its host. */
bool mount_entry_is_fuse(const mount_entry *entry)
{
    return entry->line != NULL && (strcmp(entry->type, "fuse") == 0 ||
                                   strncmp(entry->type, "fuse.", strlen("fuse.")) == 0 ||
                                   strcmp(entry->type, "virtiofs") == 0);
}

void mount_entry_free(mount_entry *entry)
{
    free(entry->line);
    *entry = (mount_entry){0};
}
