// What crux cannot find out is an error, and nothing is destroyed because of it.

#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <iostream>

#include "tests/faults/calls.h"
#include "tests/faults/errors.h"
#include "tests/faults/victim.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/facts.h"

namespace crux::test {
namespace {

/// These words with a prefix that changes what crux can see.
Outcome seen_through(const std::vector<std::string>& prefix, const Container& container,
                     const std::vector<std::string>& command) {
    std::vector<std::string> words = prefix;
    const std::vector<std::string> own = container.words(command);
    words.insert(words.end(), own.begin(), own.end());
    return run(words);
}

/// The first call of this name and with this text.
Call call_with(const std::vector<std::string>& words, const std::string& name,
               const std::string& text) {
    for (const Call& call : calls_of(words))
        if (call.name == name && call.text == text) return call;
    FAIL(name << " of " << text << " is not made");
    return {};
}

const std::vector<std::string> kNoProc = {
    "unshare", "--mount", "/bin/sh", "-c", "umount -l /proc && exec \"$@\"", "sh"};

TEST_CASE("a container whose state cannot be found out is not taken for a stopped one") {
    need_root();
    Victim victim;
    Container& container = victim.container();
    container.global_options = bare_errors();
    must(run(victim.words("create")));
    must(container.start());
    std::vector<std::vector<std::string>> ways = {kNoProc};
    for (int count = 3; count < 12; ++count)
        ways.push_back({"prlimit", "--nofile=" + std::to_string(count)});
    int refused = 0;
    for (const auto& way : ways) {
        for (const char* command : {"state", "delete", "start", "kill"}) {
            std::vector<std::string> words = {command, container.id()};
            if (words.front() == "kill") words.emplace_back("0");
            const Outcome outcome = seen_through(way, container, words);
            INFO(way[0] << " " << way[1] << ": " << command << ": " << outcome.describe());
            CHECK(container.status() == "running");
            if (outcome.ok()) {
                CHECK((words.front() == "state" || words.front() == "kill"));
                if (words.front() == "state")
                    CHECK_THAT(outcome.out, Catch::Contains("\"running\""));
            } else {
                ++refused;
            }
        }
    }
    CHECK(refused > 4);
    victim.check_nothing(victim.left_after_delete(), "commands that cannot see");
}

TEST_CASE("no system call that fails makes delete remove a running container") {
    need_root();
    need_tracing();
    Victim victim;
    Container& container = victim.container();
    must(run(victim.words("create")));
    must(container.start());
    const auto remove = container.words({"delete", container.id()});
    int tried = 0;
    for (const Call& call : calls_of(remove)) {
        const CallErrors* row = errors_of(call.name);
        INFO(call.describe());
        REQUIRE(row != nullptr);
        for (const char* error : row->errors) {
            const Outcome outcome = run(tampered(remove, std::string("error=") + error, call));
            INFO(error << "\n" << outcome.describe());
            CHECK(container.status() == "running");
            if (container.status().empty()) return;
            ++tried;
        }
    }
    std::cout << tried << " failures of delete's system calls\n";
    CHECK(tried > 40);
    victim.check_nothing(victim.left_after_delete(), "delete that cannot see");
}

TEST_CASE("a FIFO that cannot be opened does not make a created container a running one") {
    need_root();
    need_tracing();
    Victim victim;
    Container& container = victim.container();
    container.global_options = bare_errors();
    must(run(victim.words("create")));
    const auto state = container.words({"state", container.id()});
    const auto start = container.words({"start", container.id()});
    for (const auto& words : {state, start}) {
        // Start asks for the state first.
        const Call call = call_with(state, "openat", "exec.fifo");
        for (const char* error : {"EMFILE", "EACCES", "EIO"}) {
            const Outcome outcome = run(tampered(words, std::string("error=") + error, call));
            INFO(outcome.describe());
            CHECK(outcome.status == 1);
            CHECK_THAT(outcome.err, Catch::Contains("exec.fifo: open: "));
            CHECK(container.status() == "created");
        }
    }
    must(container.start());
    victim.check_nothing(victim.left_after_delete(), "a FIFO that cannot be opened");
}

TEST_CASE("what init cannot look at is not taken for missing") {
    need_root();
    need_tracing();
    const Unchanged host;
    Bundle bundle;
    std::filesystem::create_directories(bundle.rootfs() + "/covered");
    REQUIRE(::chmod((bundle.rootfs() + "/covered").c_str(), 0711) == 0);
    bundle.args({"sh", "-c", "true"})
        .mount("/covered", "tmpfs", "tmpfs", {"size=64k"})
        .set("/process/env", {"PATH=/missing:/bin"})
        .write();
    Container container(bundle);
    const auto words = container.words({"run", "--bundle", bundle.path(), container.id()});
    const struct {
        const char* name;
        const char* text;  ///< null: each of this name
        const char* error;
    } looks[] = {{"openat2", "covered", "ENFILE"},   {"openat2", "etc/passwd", "EIO"},
                 {"statx", "/missing/sh", "ENOMEM"}, {"statx", "/bin/sh", "EIO"},
                 {"fstatfs", nullptr, "EIO"},        {"getcwd", nullptr, "ENOMEM"}};
    const std::vector<Call> calls = all_calls_of(words);
    for (const auto& look : looks) {
        int met = 0;
        for (const Call& call : calls) {
            if (call.role != "init" || call.name != look.name) continue;
            if (look.text != nullptr && call.text != look.text) continue;
            ++met;
            const Outcome outcome = run(tampered(words, std::string("error=") + look.error, call));
            INFO(call.describe() << ": " << outcome.describe());
            CHECK(outcome.status == 1);
            CHECK_THAT(outcome.err, Catch::Contains(errno_text(look.error)));
        }
        INFO(look.name << " of " << (look.text != nullptr ? look.text : "any"));
        CHECK(met > 0);
    }
}

TEST_CASE("kill that worked is no failure where the cgroup cannot be written") {
    need_root();
    need_controller("freezer");
    Victim victim;
    Container& container = victim.container();
    container.global_options = bare_errors();
    const std::string read_only =
        "mount --make-rprivate / && "
        "for at in $(awk '$3 ~ /^cgroup/ {print $2}' /proc/mounts); do "
        "mount -o remount,bind,ro \"$at\"; done; exec \"$@\"";
    for (const bool own_processes : {true, false}) {
        if (!own_processes) victim.bundle().without_name_space("pid").write();
        must(run(victim.words("create")));
        must(container.start());
        const pid_t pid = container.state()["pid"];
        const Outcome outcome =
            seen_through({"unshare", "--mount", "/bin/sh", "-c", read_only, "sh"}, container,
                         {"kill", container.id(), "KILL"});
        INFO(outcome.describe());
        CHECK(outcome.ok());
        CHECK(eventually([&] {
            reap_orphans();
            return container.status() == "stopped";
        }));
        CHECK_FALSE(std::filesystem::exists("/proc/" + std::to_string(pid) + "/root/proc"));
        victim.check_nothing(victim.left_after_delete(), "kill without cgroup");
    }
}

TEST_CASE("what an interrupted create left is shown as that, and create says what removes it") {
    need_root();
    Victim victim;
    Container& container = victim.container();
    container.global_options = bare_errors();
    std::filesystem::create_directories(container.state_folder());
    ::chmod(container.state_folder().c_str(), 0700);
    const std::string command =
        "crux --root " + container.root() + " delete --force " + container.id();
    const std::string words = "an interrupted create left it (remove it with: " + command + ")";
    for (const char* name : {"state", "start", "kill", "pause", "update"})
        refused(container.crux({name, container.id()}), "container does not exist: " + words);
    refused(run(victim.words("create")),
            "runc create failed: container with given ID already exists: " + words);
    const Outcome listed = container.crux({"list", "-q"});
    CHECK(listed.out.empty());
    CHECK_THAT(listed.err,
               Catch::Contains(container.id() + ": container does not exist: " + words));
    // What it says to type works, with the program's own path.
    const std::string program = crux_program();
    must(run({"/bin/sh", "-c", program.substr(0, program.rfind('/') + 1) + command}));
    CHECK_FALSE(std::filesystem::exists(container.state_folder()));
    victim.check_nothing(victim.left_after_delete(), "half a create");
}

}  // namespace
}  // namespace crux::test
