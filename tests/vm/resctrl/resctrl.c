// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// A filesystem of type "resctrl" for machines whose processor does not have classes of service:
// groups are made and removed as in the kernel's own (Documentation/x86/resctrl.rst); written
// values are checked and stored, and have no effect. It has one cache (L3) with 20 parts and one
// memory controller (MB), both with the number 0. For Linux 6.1 in a guest of tests/vm; build.sh
// builds it, and docs/testing.md describes it.
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/slab.h>
#include <linux/sysfs.h>
#include <linux/uaccess.h>

#define MAGIC 0x7655821  // RDTGROUP_SUPER_MAGIC
#define WHOLE_CACHE 0xfffff
#define MOST_TASKS 64

// A class of service or a monitoring group; the inode of its directory owns it.
struct group {
    u32 cache;
    u32 bandwidth;
    int count;
    pid_t tasks[MOST_TASKS];
};

static DEFINE_MUTEX(lock);  // over all groups and the status
static const char* status = "ok";

static int refuse(const char* why) {
    status = why;
    return -EINVAL;
}

// --- files ---

static ssize_t read_text(struct file* file, char __user* to, size_t size, loff_t* at) {
    const char* text = file_inode(file)->i_private;

    return simple_read_from_buffer(to, size, at, text, strlen(text));
}

static ssize_t read_status(struct file* file, char __user* to, size_t size, loff_t* at) {
    char text[64];
    int length;

    mutex_lock(&lock);
    length = scnprintf(text, sizeof(text), "%s\n", status);
    mutex_unlock(&lock);
    return simple_read_from_buffer(to, size, at, text, length);
}

static ssize_t read_schemata(struct file* file, char __user* to, size_t size, loff_t* at) {
    struct group* group = file_inode(file)->i_private;
    char text[64];
    int length;

    mutex_lock(&lock);
    length = scnprintf(text, sizeof(text), "    MB:0=%3u\n    L3:0=%05x\n", group->bandwidth,
                       group->cache);
    mutex_unlock(&lock);
    return simple_read_from_buffer(to, size, at, text, length);
}

static bool is_one_run(u32 mask) {
    u32 shifted = mask ? mask >> __ffs(mask) : 0;

    return shifted && !(shifted & (shifted + 1)) && mask <= WHOLE_CACHE;
}

// One line, "L3:0=ff" or "MB:0=50".
static int take_line(struct group* group, char* line) {
    char* kind = strim(strsep(&line, ":"));
    bool cache = !strcmp(kind, "L3");
    char* domain;
    u32 value;

    if (!line || (!cache && strcmp(kind, "MB")))
        return refuse("Unknown or unsupported resource name");
    while ((domain = strsep(&line, ";")) != NULL) {
        char* number = strim(strsep(&domain, "="));

        if (!domain || strcmp(number, "0")) return refuse("Missing '=' or non-numeric domain");
        if (kstrtou32(strim(domain), cache ? 16 : 10, &value)) return refuse("Non-numeric value");
        if (cache ? !is_one_run(value) : value < 10 || value > 100)
            return refuse("Value out of range");
        *(cache ? &group->cache : &group->bandwidth) = value;
    }
    return 0;
}

static ssize_t write_schemata(struct file* file, const char __user* from, size_t size, loff_t* at) {
    char* text = memdup_user_nul(from, size);
    char *rest = text, *line;
    int result = 0;

    if (IS_ERR(text)) return PTR_ERR(text);
    mutex_lock(&lock);
    status = "ok";
    if (!size || text[size - 1] != '\n')
        result = -EINVAL;
    else
        text[size - 1] = 0;
    while (!result && (line = strsep(&rest, "\n")) != NULL)
        result = take_line(file_inode(file)->i_private, line);
    mutex_unlock(&lock);
    kfree(text);
    return result ? result : size;
}

static bool is_alive(pid_t number) {
    struct pid* pid = find_get_pid(number);

    put_pid(pid);
    return pid != NULL;
}

static ssize_t read_tasks(struct file* file, char __user* to, size_t size, loff_t* at) {
    struct group* group = file_inode(file)->i_private;
    char text[MOST_TASKS * 12];
    int i, length = 0;

    mutex_lock(&lock);
    for (i = 0; i < group->count; i++)
        if (is_alive(group->tasks[i]))
            length += scnprintf(text + length, sizeof(text) - length, "%d\n", group->tasks[i]);
    mutex_unlock(&lock);
    return simple_read_from_buffer(to, size, at, text, length);
}

static ssize_t write_tasks(struct file* file, const char __user* from, size_t size, loff_t* at) {
    struct group* group = file_inode(file)->i_private;
    pid_t number;
    int result = kstrtoint_from_user(from, size, 10, &number);

    if (result) return result;
    if (!is_alive(number)) return -ESRCH;
    mutex_lock(&lock);
    if (group->count < MOST_TASKS)
        group->tasks[group->count++] = number;
    else
        result = -ENOSPC;
    mutex_unlock(&lock);
    return result ? result : size;
}

// A shell truncates a file before it writes to it.
static int set_attributes(struct user_namespace* users, struct dentry* dentry,
                          struct iattr* wanted) {
    return 0;
}

static const struct inode_operations file_inodes = {.setattr = set_attributes};
static const struct file_operations text_file = {.read = read_text, .llseek = default_llseek};
static const struct file_operations status_file = {.read = read_status, .llseek = default_llseek};
static const struct file_operations schemata_file = {
    .read = read_schemata, .write = write_schemata, .llseek = default_llseek};
static const struct file_operations tasks_file = {
    .read = read_tasks, .write = write_tasks, .llseek = default_llseek};

// --- the tree ---

static struct inode* make_inode(struct super_block* super, umode_t mode, void* private) {
    struct inode* inode = new_inode(super);

    if (!inode) return NULL;
    inode->i_ino = get_next_ino();
    inode->i_mode = mode;
    inode->i_private = private;
    inode->i_atime = inode->i_mtime = inode->i_ctime = current_time(inode);
    if (S_ISDIR(mode)) {
        inode->i_op = &simple_dir_inode_operations;
        inode->i_fop = &simple_dir_operations;
        inc_nlink(inode);
    }
    return inode;
}

static struct dentry* add(struct dentry* parent, const char* name, umode_t mode, void* private) {
    struct dentry* dentry = d_alloc_name(parent, name);
    struct inode* inode = dentry ? make_inode(parent->d_sb, mode, private) : NULL;

    if (!inode) {
        dput(dentry);
        return NULL;
    }
    if (S_ISDIR(mode)) inc_nlink(d_inode(parent));
    d_add(dentry, inode);
    return dentry;
}

static int add_file(struct dentry* parent, const char* name,
                    const struct file_operations* operations, void* private) {
    umode_t mode = operations->write ? 0644 : 0444;
    struct dentry* dentry = add(parent, name, S_IFREG | mode, private);

    if (!dentry) return -ENOMEM;
    d_inode(dentry)->i_op = &file_inodes;
    d_inode(dentry)->i_fop = operations;
    return 0;
}

static const struct inode_operations monitor_directory;

static int fill_class(struct dentry* directory, struct group* group) {
    struct dentry* monitors = add(directory, "mon_groups", S_IFDIR | 0755, NULL);

    if (!monitors || add_file(directory, "schemata", &schemata_file, group) ||
        add_file(directory, "tasks", &tasks_file, group))
        return -ENOMEM;
    d_inode(monitors)->i_op = &monitor_directory;
    return 0;
}

static struct group* make_group(struct inode* parent, struct dentry* dentry) {
    struct group* group = kzalloc(sizeof(*group), GFP_KERNEL);
    struct inode* inode = group ? make_inode(parent->i_sb, S_IFDIR | 0755, group) : NULL;

    if (!inode) {
        kfree(group);
        return NULL;
    }
    group->cache = WHOLE_CACHE;
    group->bandwidth = 100;
    inc_nlink(parent);
    d_instantiate(dentry, inode);
    dget(dentry);
    return group;
}

static int make_class(struct user_namespace* users, struct inode* parent, struct dentry* dentry,
                      umode_t mode) {
    struct group* group = make_group(parent, dentry);

    return group ? fill_class(dentry, group) : -ENOMEM;
}

static int make_monitor(struct user_namespace* users, struct inode* parent, struct dentry* dentry,
                        umode_t mode) {
    struct group* group = make_group(parent, dentry);

    return group ? add_file(dentry, "tasks", &tasks_file, group) : -ENOMEM;
}

static int remove_group(struct inode* parent, struct dentry* dentry) {
    static const char* const names[] = {"mon_groups", "schemata", "tasks"};
    struct inode* inode = d_inode(dentry);
    int i;

    if (!inode->i_private) return -EPERM;
    for (i = 0; i < ARRAY_SIZE(names); i++) {
        struct qstr name = QSTR_INIT(names[i], strlen(names[i]));
        struct dentry* child = d_hash_and_lookup(dentry, &name);

        if (IS_ERR_OR_NULL(child)) continue;
        if (i == 0 && !simple_empty(child)) {
            dput(child);
            return -EBUSY;
        }
        d_drop(child);
        dput(child);
        dput(child);  // that of its making
    }
    clear_nlink(inode);
    drop_nlink(parent);
    dput(dentry);
    return 0;
}

static const struct inode_operations root_directory = {
    .lookup = simple_lookup, .mkdir = make_class, .rmdir = remove_group};
static const struct inode_operations monitor_directory = {
    .lookup = simple_lookup, .mkdir = make_monitor, .rmdir = remove_group};

static void evict(struct inode* inode) {
    truncate_inode_pages_final(&inode->i_data);
    clear_inode(inode);
    if (S_ISDIR(inode->i_mode)) kfree(inode->i_private);
}

static const struct super_operations super_block = {.statfs = simple_statfs, .evict_inode = evict};

static int fill_information(struct dentry* root) {
    struct dentry* all = add(root, "info", S_IFDIR | 0555, NULL);
    struct dentry* cache = all ? add(all, "L3", S_IFDIR | 0555, NULL) : NULL;
    struct dentry* bandwidth = cache ? add(all, "MB", S_IFDIR | 0555, NULL) : NULL;

    if (!bandwidth || add_file(all, "last_cmd_status", &status_file, NULL) ||
        add_file(cache, "cbm_mask", &text_file, "fffff\n") ||
        add_file(bandwidth, "min_bandwidth", &text_file, "10\n"))
        return -ENOMEM;
    return 0;
}

static int fill(struct super_block* super, struct fs_context* context) {
    struct group* group = kzalloc(sizeof(*group), GFP_KERNEL);
    struct inode* inode;

    if (!group) return -ENOMEM;
    group->cache = WHOLE_CACHE;
    group->bandwidth = 100;
    super->s_magic = MAGIC;
    super->s_blocksize = PAGE_SIZE;  // what stdio writes at once
    super->s_blocksize_bits = PAGE_SHIFT;
    super->s_op = &super_block;
    super->s_maxbytes = MAX_LFS_FILESIZE;
    inode = make_inode(super, S_IFDIR | 0755, group);
    if (!inode) {
        kfree(group);
        return -ENOMEM;
    }
    inode->i_op = &root_directory;
    super->s_root = d_make_root(inode);
    if (!super->s_root) return -ENOMEM;
    return fill_class(super->s_root, group) ?: fill_information(super->s_root);
}

static int get_tree(struct fs_context* context) {
    return get_tree_nodev(context, fill);
}

static const struct fs_context_operations context_operations = {.get_tree = get_tree};

static int begin_context(struct fs_context* context) {
    context->ops = &context_operations;
    return 0;
}

static struct file_system_type type = {.owner = THIS_MODULE,
                                       .name = "resctrl",
                                       .init_fs_context = begin_context,
                                       .kill_sb = kill_litter_super};

static int __init begin(void) {
    int result = sysfs_create_mount_point(fs_kobj, "resctrl");

    if (result) return result;
    result = register_filesystem(&type);
    if (result) sysfs_remove_mount_point(fs_kobj, "resctrl");
    return result;
}

static void __exit end(void) {
    unregister_filesystem(&type);
    sysfs_remove_mount_point(fs_kobj, "resctrl");
}

module_init(begin);
module_exit(end);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("resctrl without a processor that has it");
