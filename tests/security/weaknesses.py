"""The defences that mutants.py takes away one at a time: for each the change of the sources, and the tests that must notice."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Change:
    """Replaces a text, which the file has once."""
    path: str
    before: str
    after: str


@dataclass(frozen=True)
class Weakness:
    """`claim` says in docs/security.md what crux no longer does; `tests` are (program, test case)."""
    name: str
    claim: str
    changes: tuple
    tests: tuple


def weak(name, claim, path, before, after, *tests):
    """A weakness of one change. A test is "PROGRAM: TEST CASE"."""
    return Weakness(name, claim, (Change(path, before, after),), tuple(tuple(test.split(": ", 1)) for test in tests))


WEAKNESSES = (
    weak("nothing-read-back", "init does not read back its IDs, capabilities and attributes", "runtime/init/verify.cc",
         "    TRY(verify_ids(context, step));\n    TRY(verify_sets(step.sets));\n    TRY(verify_bounding(step.bounding));\n"
         "    return verify_process(context, step);", "    return context.step == nullptr ? verify_ids(context, step) : "
         "Outcome();",
         "security_tests: a restriction that has no effect fails the create"),
    weak("unconfined-hooks", "a startContainer hook has neither the filter nor the capability sets of the program",
         "runtime/init/hooks.cc", "step.confined != 0) failed = confine_hook(context);",
         "step.confined == 7) failed = confine_hook(context);",
         "system_tests: a startContainer hook has the IDs, the capabilities and the filter of the program"),
    weak("capabilities-for-long", "init keeps all its capabilities until the program's are set", "runtime/init/init.cc",
         "return drop_capabilities(step.number.value);", "return {};",
         "security_tests: init has given up what no later step needs when it changes the user"),
    weak("resolve-anywhere", "paths of the image are not resolved inside the root", "runtime/init/paths.cc",
         "return open_how(root, or_dot(path), flags, 0, kResolveInRoot | kResolveNoMagicLinks);",
         "return open_how(root, or_dot(path), flags, 0, kResolveNoMagicLinks);",
         "security_tests: 7: chains of links as mount destinations end inside the root"),
    weak("follow-last-link", "a new file may be a link of the image", "runtime/init/paths.cc",
         "if (!length.failed()) {",
         "if (!length.failed() && *link == '/') return call(__NR_openat, kCurrentDirectory, link, kCreate | kWriteOnly | "
         "kCloseOnExec, 0644);\n        if (!length.failed()) {",
         "security_tests: 7: chains of links as mount destinations end inside the root"),
    weak("proc-through-link", "/proc of the image may be a link", "runtime/init/mounts.cc",
         "if ((step.flags & plan::kOnlyDirectory) == 0)\n        return", "return",
         "security_tests: 5: an image's /proc or /sys that is a link or a file is no way to mount elsewhere"),
    weak("any-filesystem-on-proc", "another filesystem may be bound on /proc", "runtime/init/proc.cc",
         "return TRY(is_proc(descriptor)) != 0 ? Outcome() : refuse(kInvalid, __NR_fstatfs);", "return {};",
         "security_tests: 5: only a procfs may be mounted over /proc"),
    weak("any-null-as-mask", "a mask is whatever is at the image's /dev/null", "runtime/init/masks.cc",
         '        call(__NR_openat, kCurrentDirectory, "/dev/null", kOpenPath | kNoFollow | kCloseOnExec)));\n'
         "    Statx status;\n    TRY(status_of(null.get(), status));\n"
         "    if ((status.mode & kTypeMask) != kTypeCharacter || status.rdev_major != 1 ||\n"
         "        status.rdev_minor != 3)\n        return refuse(kInvalid, __NR_statx);\n",
         '        open_in_root(context, "dev/null", kOpenPath)));\n',
         "security_tests: 15: a mask is the null device also while /dev/null is exchanged"),
    weak("sysctl-by-name", "a kernel parameter is written to the container's /proc/sys", "runtime/init/proc.cc",
         "const Outcome made = private_proc(false);", 'const Outcome made = open_in_root(context, "proc", kOpenPath);',
         "security_tests: 17: a parameter goes to no other file while a second container mounts over /proc"),
    weak("own-files-anywhere", "what is at /proc is taken for a procfs where no private one can be had",
         "runtime/init/proc.cc",
         "    TRY(check_proc(proc.get()));\n    Statx status;\n    TRY(status_of(proc.get(), status));\n"
         "    return status.inode == kRootInode ? Outcome(proc.release()) : refuse(kInvalid, __NR_statx);",
         "    return kRootInode != 0 ? Outcome(proc.release()) : refuse(kInvalid, __NR_statx);",
         "system_tests: where no procfs can be mounted, exec writes to no other file at /proc"),
    weak("mounts-in-sight", "mount(2) for a long value is called in a tree that is shared with the host",
         "runtime/init/mount_call.cc",
         "return with.apart != 0 ? mount_apart(context, step, with)", "return with.apart == 7 ? mount_apart(context, step, with)",
         "system_tests: a long value is mounted out of the sight of the host if the tree is shared with it"),
    weak("traceable-while-joining", "init can be traced in the namespaces that it joins", "runtime/launch/launch.cc",
         'TRY(sys::prctl(PR_SET_DUMPABLE, 0).during("become undumpable"));', "",
         "security_tests: 2: a process that enters a container cannot be traced before it is its program"),
    weak("unsealed-init", "the file of init can be written", "runtime/launch/sealed.cc",
         "F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE", "0",
         "security_tests: 4: nothing of the installed program is within a container's reach"),
    weak("unsealed-permissions", "the file of init can lose its permission to execute", "runtime/launch/sealed.cc",
         "is_old ? kSeals : kSeals | F_SEAL_EXEC", "kSeals",
         "security_tests: 4: the files of init and of its plan keep their permissions to execute"),
    weak("unguarded-stacks", "an overflow of a stack in our memory changes our memory", "runtime/launch/clone.cc",
         'TRY(sys::mprotect(stack.below, PROT_NONE).during("guard a stack"));', "",
         "unit_tests: an overflow of a stack in our memory ends its process"),
    weak("inheritable-caps", "the permitted capabilities are also inheritable", "runtime/init/credentials.cc",
         "TRY(set_three(step.effective | also, step.permitted | also, step.inheritable));",
         "TRY(set_three(step.effective | also, step.permitted | also, step.permitted));",
         "security_tests: 10: the inheritable and ambient sets are empty unless the config says otherwise"),
    weak("all-devices", "every device is allowed", "runtime/cgroup/devices.cc",
         "std::vector<OriginRule> rules = {{DeviceRule{}, pointer, true}};",
         "std::vector<OriginRule> rules = {{DeviceRule{.allow = true}, pointer, true}};",
         "security_tests: 6: one allowed device allows no other"),
    weak("descriptors-stay", "descriptors of crux stay open in the program", "runtime/init/exec.cc",
         "const Outcome marked = call(__NR_close_range, step.keep_below, ~0U, kOnExec);\n"
         "    if (marked.error() != kInvalid && marked.error() != kNoSystemCall) return marked;\n"
         "    for (unsigned fd = step.keep_below; fd < 1024; ++fd)\n"
         "        (void)call(__NR_fcntl, fd, 2 /* F_SETFD */, 1 /* FD_CLOEXEC */);\n",
         "(void)kOnExec;\n    for (unsigned fd = step.keep_below; fd < 1024; ++fd)\n"
         "        (void)call(__NR_fcntl, fd, 2 /* F_SETFD */, 0);\n",
         "security_tests: 13: exec has no way out by a descriptor either, and no program gets one"),
    weak("pid-alone", "a process with init's pid is taken for init", "runtime/container/existing.cc",
         "if (!stat || stat->dead() || stat->start_time != record.init_process_start)", "if (!stat || stat->dead())",
         "security_tests: 25: a process that only has init's number is not the container's"),
    weak("paths-as-ids", "a container ID may be a path", "runtime/container/store.cc",
         'if (id.find_first_not_of(kAllowed) != std::string_view::npos || id == "." || id == ".." ||\n'
         "        id.size() > kNameMax)", "if (id.size() > kNameMax + kAllowed.size())",
         "security_tests: 12: an id is one plain name"),
    weak("dots-in-cgroups", "a cgroup path may contain two dots", "runtime/cgroup/dirs.cc",
         'if (name == "..") return refuse(path, "must not contain \\"..\\"");', "",
         "unit_tests: a path that is not a cgroup below the root is refused with its pointer",
         "security_tests: 12: a path that leaves its place is refused"),
    Weakness("mounts-by-name", "what belongs to a mount is found by its name, and is not compared", (
        Change("runtime/init/paths.cc",
               "return below.error() == kOtherDevice ? open_by_name(context, path, flags) : below;",
               "return below.failed() || !below.failed() ? open_by_name(context, path, flags) : below;"),
        Change("runtime/init/made_mounts.cc",
               "return first == nullptr ? Outcome() : refuse_replaced(context, *first);",
               "return first == first ? Outcome() : refuse_replaced(context, *first);")),
        (("security_tests", "26: what was mounted cannot be moved away from what is made on it"),)),
    weak("mounts-not-compared", "a mount need not stand at its name", "runtime/init/made_mounts.cc",
         "return first == nullptr ? Outcome() : refuse_replaced(context, *first);",
         "return first == first ? Outcome() : refuse_replaced(context, *first);",
         "security_tests: 26: an exchanged mount point fails the create"),
    weak("any-step", "a message of init may name a step that does not exist", "runtime/launch/message.cc",
         "if (report.step >= count)", "if (report.step > count + 0x7fffffff)",
         "unit_tests: no number in a message of init is believed"),
    weak("streams-given-away", "every standard stream gets the container's user as its owner", "runtime/init/process.cc",
         "} else if (status.uid != uid && is_anonymous_pipe(descriptor, status)) {", "} else if (status.uid != uid) {",
         "security_tests: 29: the owner of a file that is a standard stream does not change"),
    weak("callers-files", "in the foreground a program gets the caller's files", "runtime/console/stream_pipes.cc",
         "if (!S_ISFIFO(status.st_mode)) return false;", "if (!S_ISFIFO(status.st_mode)) return true;",
         "security_tests: 29: in the foreground no file or terminal of the caller is reachable inside"),
    weak("lost-device-rules", "device rules without a cgroup are ignored", "runtime/container/cgroup_config.cc",
         "if (!deny_any(rules) || (rules.empty() && in_user_namespace)) return {};", "if (!deny_any(rules) || true) return {};",
         "security_tests: 30: without a cgroup, device rules that deny something are refused"),
    weak("state-of-others", "state that others can write is believed", "runtime/sys/trusted.cc",
         "const uid_t caller = ::geteuid();", "const uid_t caller = ::geteuid();\n    if (caller + 1 != 0) return {};",
         "security_tests: 32: a state root or directory that others can write is refused, with the reason"),
    weak("unknown-is-stopped", "an init that cannot be examined counts as dead", "runtime/container/existing.cc",
         'return std::unexpected(Error(stat.error()).during(cat("read /proc/", pid, "/stat")));',
         "return std::optional<sys::ProcessStat>();",
         "fault_tests: a container whose state cannot be found out is not taken for a stopped one"),
    weak("pause-without-lock", "pause does not wait for other commands", "runtime/container/pause.cc",
         "Status pause(const Context& context) {\n    const ExistingContainer container = TRY(load_locked(context));",
         "Status pause(const Context& context) {\n    const ExistingContainer container = TRY(load(context));",
         "system_tests: a command that changes a container waits for another one"),
    weak("raw-text", "control characters of others are printed", "runtime/base/text.cc",
         "while (!text.empty()) take_character(out, text, Quotes::keep);",
         "if (text.empty()) take_character(out, text, Quotes::keep);\n    out = text;",
         "security_tests: text of a configuration controls neither the terminal nor the log"),
    weak("readable-init", "the file of init is readable in the namespaces that it joins", "runtime/launch/launch.cc",
         "return plan.host.joins.empty() ? Readable::by_all : Readable::by_owner;",
         "return plan.host.joins.empty() ? Readable::by_owner : Readable::by_all;",
         "security_tests: 2: a process that enters a container cannot be traced before it is its program",
         "security_tests: 27: a container that joins a pod cannot be traced, also with time offsets"),
    weak("exec-keeps-privileges", "exec in the foreground keeps its privileges", "runtime/container/exec.cc",
         "return supervise(context, foreground, started);", "return foreground.supervise(started);",
         "security_tests: exec in the foreground keeps only what sends a signal",
         "security_tests: an unprivileged user's run and exec cannot gain privileges or be traced"),
    weak("run-keeps-effective", "run in the foreground keeps its capabilities effective", "runtime/container/foreground.cc",
         "std::optional<privilege::Lowered> lowered(std::in_place, privilege::kForSignals);",
         "std::optional<privilege::Lowered> lowered;",
         "security_tests: run in the foreground keeps only what removes the container, and none of it effective",
         "security_tests: run gives poststop hooks the privileges that other hooks have"),
    weak("run-keeps-privileges", "run in the foreground keeps what it does not need any more", "runtime/container/foreground.cc",
         "    give_up_for_good(context, created.container, keep);",
         "    if (keep > Keep::yes) give_up_for_good(context, created.container, keep);",
         "security_tests: run in the foreground keeps only what removes the container, and none of it effective",
         "security_tests: run that keeps its container keeps only what sends a signal",
         "security_tests: an unprivileged user's run and exec cannot gain privileges or be traced"),
    weak("start-keeps-privileges", "start keeps its privileges until the program is ready", "runtime/container/start.cc",
         "prepare_last_wait(context, {}, privilege::Bounding::clear);", "",
         "security_tests: start that waits for READY=1 keeps nothing"),
    weak("events-keeps-privileges", "events keeps its privileges", "runtime/container/events.cc",
         "privilege::give_up(privilege::kForReading, privilege::Rest::reading,\n"
         "                       privilege::Bounding::clear);", "",
         "security_tests: events keeps only what reads files"),
    Weakness("long-waits-keep-effective", "create and start that wait for long keep their capabilities effective", (
        Change("runtime/launch/launch.cc", "if (looks == 1) lowered", "if (looks < 0) lowered"),
        Change("runtime/container/start.cc", "if (is_long) lowered", "if (is_long && false) lowered")),
        (("security_tests", "create and start that wait longer than a second keep no capability effective"),)),
    weak("checkpoint-keeps-effective", "checkpoint keeps its capabilities effective while CRIU works", "runtime/checkpoint/criu.cc",
         "const privilege::Lowered lowered(privilege::kForSignals);", "",
         "security_tests: checkpoint keeps no capability effective while it waits for criu"),
    weak("net-keeps-privileges", "crux-net keeps its privileges", "cmd/crux-net/main.cc",
         "privilege::give_up(capability::bit(CAP_NET_ADMIN), privilege::Rest::relaying,\n"
         "                       privilege::Bounding::clear);", "",
         "security_tests: crux-net keeps only the capability for its requests"),
    weak("systemd-keeps-privileges", "crux-systemd keeps its privileges", "cmd/crux-systemd/main.cc",
         "privilege::give_up({}, privilege::Rest::anything, privilege::Bounding::clear);", "",
         "security_tests: crux-systemd keeps nothing while it waits for systemd"),
    weak("no-call-filter", "what waits may make any system call", "runtime/privilege/privilege.cc",
         "(void)sys::add_call_filter(rest == Rest::reading ? reading_calls() : relaying_calls());", "",
         "unit_tests: the kernel accepts both filters, and open files stay usable",
         "security_tests: exec in the foreground keeps only what sends a signal",
         "security_tests: events keeps only what reads files"),
    weak("traceable-while-waiting", "what waits can be traced by its user", "runtime/privilege/privilege.cc",
         "(void)sys::prctl(PR_SET_DUMPABLE, 0);", "",
         "security_tests: an unprivileged user's run and exec cannot gain privileges or be traced",
         "security_tests: an unprivileged user's run leaves poststop hooks their privileges"),
    weak("removes-any-state", "delete removes a state directory that another program made", "runtime/container/store.cc",
         "if (has_journal || other.empty()) return {};", "if (!has_journal || other.empty()) return {};",
         "system_tests: delete, also by force, removes no state directory that is not crux's"),
)
