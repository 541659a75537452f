/* The mount table: invented lines, as the kernel writes them, for file systems that no test
 * mounts. */
#include <check.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "check_main.h"
#include "mount_table.h"

#define LOCAL  "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard\n"
#define TAGGED "28 27 0:30 / /mnt/a\\040-\\040b rw shared:7 master:2 - nfs4 host:/ rw,vers=4.2\n"

static mount_entry find(const char *text, unsigned minor_number)
{
    mount_entry entry;
    FILE *table = fmemopen((void *)text, strlen(text), "r");
    ck_assert_ptr_nonnull(table);
    (void)mount_table_find(table, makedev(0, minor_number), &entry);
    fclose(table);
    return entry;
}

START_TEST(a_mount_is_found_by_its_device)
{
    mount_entry entry = find(LOCAL TAGGED "29 27 0:31 / /b rw - tmpfs  rw\n", 30);
    ck_assert_ptr_nonnull(entry.line);
    ck_assert_str_eq(entry.type, "nfs4");
    ck_assert_str_eq(entry.options, "rw,vers=4.2");
    mount_entry_free(&entry);
    ck_assert_ptr_null(entry.line);
    entry = find(LOCAL "29 27 0:31 / /b rw - tmpfs  rw", 31); /* neither source nor newline */
    ck_assert_str_eq(entry.type, "tmpfs");
    ck_assert_str_eq(entry.options, "rw");
    mount_entry_free(&entry);
}
END_TEST

START_TEST(what_is_not_in_the_table_is_empty)
{
    static const char *const texts[] = {
        "\n",
        LOCAL,
        "28 27 0:31 / /mnt rw",
        "28 27 031 / /mnt rw - nfs host:/ nolock\n",
        " - nfs host:/ nolock\n",
    };
    mount_entry entry = find(texts[_i], 31);
    ck_assert_ptr_null(entry.line);
    ck_assert_ptr_null(mount_entry_local_locks(&entry));
    ck_assert(!mount_entry_is_fuse(&entry));
    mount_entry_free(&entry);
}
END_TEST

START_TEST(a_line_that_ends_early_has_empty_options)
{
    mount_entry entry = find("28 27 0:31 / /mnt rw - nfs4", 31);
    ck_assert_str_eq(entry.type, "nfs4");
    ck_assert_str_eq(entry.options, "");
    mount_entry_free(&entry);
}
END_TEST

START_TEST(options_that_keep_locks_on_this_host_are_known)
{
    static const struct {
        const char *words; /* type, source, options */
        const char *option;
    } mounts[] = {
        {"nfs host:/ rw,vers=3,nolock,proto=tcp", "nolock"},
        {"nfs host:/ rw,vers=3,hard,local_lock=none,addr=10.0.0.1", NULL},
        {"nfs4 host:/ rw,vers=4.2,local_lock=all", "local_lock=all"},
        {"nfs4 host:/ local_lock=posix,rw", "local_lock=posix"},
        {"nfs4 host:/ local_lock=flock", "local_lock=flock"},
        {"nfs4 host:/nolock rw", NULL},
        {"nfs4 host:/ rw,nolocks,xnolock,local_lock=allow", NULL},
        {"cifs //host/share rw,nobrl", "nobrl"},
        {"smb3 //host/share rw,nobrl", "nobrl"},
        {"cifs //host/share rw,nolock", NULL},
        {"lustre host:/fs rw,localflock", "localflock"},
        {"lustre host:/fs rw,flock", NULL},
        {"ext4 /dev/vda rw,nolock", NULL},
    };
    char text[256];
    for (size_t i = 0; i < sizeof mounts / sizeof mounts[0]; i++) {
        snprintf(text, sizeof text, "28 27 0:31 / /mnt rw - %s\n", mounts[i].words);
        mount_entry entry = find(text, 31);
        ck_assert_pstr_eq(mount_entry_local_locks(&entry), mounts[i].option);
        mount_entry_free(&entry);
    }
}
END_TEST

START_TEST(fuse_on_a_local_disk_is_as_good_as_a_disk)
{
    static const struct {
        const char *type;
        bool is_fuse;
    } mounts[] = {{"fuse", true},     {"fuse.sshfs", true}, {"fuseblk", false}, {"ext4", false},
                  {"fusectl", false}, {"nfs", false},       {"virtiofs", true}};
    char text[256];
    for (size_t i = 0; i < sizeof mounts / sizeof mounts[0]; i++) {
        snprintf(text, sizeof text, "28 27 0:31 / /mnt rw - %s x rw\n", mounts[i].type);
        mount_entry entry = find(text, 31);
        ck_assert_int_eq(mount_entry_is_fuse(&entry), mounts[i].is_fuse);
        mount_entry_free(&entry);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mount_table");
    TCase *table = tcase_create("table");
    tcase_add_test(table, a_mount_is_found_by_its_device);
    tcase_add_loop_test(table, what_is_not_in_the_table_is_empty, 0, 5);
    tcase_add_test(table, a_line_that_ends_early_has_empty_options);
    tcase_add_test(table, options_that_keep_locks_on_this_host_are_known);
    tcase_add_test(table, fuse_on_a_local_disk_is_as_good_as_a_disk);
    suite_add_tcase(suite, table);
    return run_suite(suite);
}
