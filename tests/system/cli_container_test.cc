// The contract of the command line with a container: formats, pid file, errors, exit codes.

#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "tests/support/bundle.h"
#include "tests/support/catch.h"
#include "tests/support/command.h"
#include "tests/support/container.h"
#include "tests/support/facts.h"

namespace crux::test {
namespace {

void must(const Outcome& outcome) {
    INFO(outcome.describe());
    REQUIRE(outcome.ok());
    CHECK(outcome.out.empty());
    CHECK(outcome.err.empty());
}

TEST_CASE("state is an indented object with runc's keys in runc's order, without a line end") {
    need_root();
    Bundle bundle;
    bundle.args({"/bin/sleep", "100"}).set("/annotations", {{"org.example.key", "value"}});
    Container container(bundle);
    must(container.create());
    const Outcome outcome = container.crux({"state", container.id()});
    REQUIRE(outcome.ok());
    CHECK(outcome.err.empty());
    const auto state = nlohmann::ordered_json::parse(outcome.out);
    CHECK(outcome.out == state.dump(2));
    std::string keys;
    for (const auto& item : state.items()) keys += item.key() + ' ';
    CHECK(keys == "ociVersion id pid status bundle rootfs created annotations owner ");
    CHECK(state["ociVersion"] == bundle.config()["ociVersion"]);
    CHECK(state["id"] == container.id());
    CHECK(state["pid"] == container.pid());
    CHECK(state["status"] == "created");
    CHECK(state["bundle"] == bundle.path());
    CHECK(state["rootfs"] == bundle.rootfs());
    CHECK_THAT(state["created"].get<std::string>(),
               Catch::Matches("[0-9-]{10}T[0-9:]{8}(\\.[0-9]{1,9})?Z"));
    CHECK(state["annotations"].dump() == R"({"org.example.key":"value"})");
    CHECK(state["owner"] == "");
}

TEST_CASE("list has a row, an object or an id for each container") {
    need_root();
    Bundle bundle;
    bundle.args({"/bin/sleep", "100"});
    Container container(bundle);
    must(container.create());
    const std::string id = container.id();
    const auto state = container.state();

    const std::string table = container.crux({"list"}).out;
    const std::size_t row = table.find('\n') + 1;
    CHECK_THAT(table, Catch::StartsWith("ID "));
    CHECK_THAT(table.substr(row), Catch::StartsWith(id + "   "));
    for (const std::string& cell : {std::to_string(container.pid()), std::string("created"),
                                    bundle.path(), state["created"].get<std::string>()})
        CHECK_THAT(table.substr(row), Catch::Contains(' ' + cell + "   "));
    CHECK_THAT(table, Catch::EndsWith("   root\n"));
    CHECK(table.find("PID") == table.find(' ' + std::to_string(container.pid())) + 1 - row);

    CHECK(container.crux({"list", "-q"}).out == id + '\n');
    const std::string json = container.crux({"list", "--format=json"}).out;
    CHECK(json.find('\n') == json.size() - 1);
    auto expected = state;
    expected["owner"] = "root";
    CHECK(nlohmann::json::parse(json) == nlohmann::json::array({expected}));
}

TEST_CASE("list reports a container that it cannot read, and continues") {
    need_root();
    Bundle bundle;
    bundle.args({"/bin/sleep", "100"});
    Container container(bundle);
    must(container.create());
    const std::string broken = container.root() + "/broken";
    REQUIRE(::mkdir(broken.c_str(), 0700) == 0);
    write_file(broken + "/state.json", "{");
    const Outcome outcome = container.crux({"list", "-q"});
    CHECK(outcome.status == 0);
    CHECK(outcome.out == container.id() + '\n');
    CHECK_THAT(outcome.err, Catch::StartsWith("load container broken: "));
    CHECK_THAT(outcome.err, Catch::EndsWith("\n"));
    ::unlink((broken + "/state.json").c_str());
    ::rmdir(broken.c_str());
}

TEST_CASE("the pid file has only digits and its path is relative to the caller's directory") {
    need_root();
    Bundle bundle;
    bundle.args({"/bin/sleep", "100"}).write();
    Container container(bundle);
    CommandOptions there;
    there.cwd = work_folder();
    must(container.crux(
        {"create", "--bundle", bundle.path(), "--pid-file", "relative.pid", container.id()},
        there));
    const std::string file = work_folder() + "/relative.pid";
    CHECK(read_file(file) == std::to_string(container.state()["pid"].get<int>()));
    ::unlink(file.c_str());
}

TEST_CASE("operations that a container's status forbids fail with the messages callers match") {
    need_root();
    Bundle bundle;
    bundle.args({"/bin/sleep", "100"});
    Container container(bundle);
    const std::string& id = container.id();
    container.global_options = {"--log", work_folder() + "/refusals.log"};
    const auto refused = [&](const std::vector<std::string>& words, const std::string& sentence) {
        const Outcome outcome = container.crux(words);
        INFO(outcome.describe());
        CHECK(outcome.status == 1);
        CHECK(outcome.out.empty());
        CHECK(outcome.err == sentence + '\n');
    };
    must(container.create());
    refused({"create", "--bundle", bundle.path(), id},
            "runc create failed: container with given ID already exists");
    refused({"resume", id}, "container not paused");
    must(container.start());
    refused({"start", id}, "cannot start an already running container");
    refused({"delete", id}, "cannot delete container " + id + " that is not stopped: running");
    must(container.pause());
    refused({"delete", id}, "cannot delete container " + id + " that is not stopped: paused");
    refused({"pause", id}, "container not running");
    refused({"start", id}, "cannot start a container in the paused state");
    must(container.resume());

    // Flags after the arguments, as callers pass them.
    must(container.crux({"kill", id, "--all", "KILL"}));
    REQUIRE(container.reaches("stopped"));
    refused({"kill", id, "0"}, "container not running");
    must(container.crux({"kill", "-a", id, "9"}));
    refused({"start", id}, "cannot start a container that has stopped");
    must(container.crux({"delete", id, "--force"}));
    refused({"delete", id}, "container does not exist");
    ::unlink((work_folder() + "/refusals.log").c_str());
}

TEST_CASE("the exit code of run is that of the program, or 128 and its signal") {
    need_root();
    const struct {
        const char* script;
        int status;
    } cases[] = {{"true", 0}, {"exit 7", 7}, {"kill -9 $$; sleep 9", 137}};
    for (const auto& one : cases) {
        Bundle bundle;
        bundle.without_name_space("pid").script(one.script);
        Container container(bundle);
        const std::string log = work_folder() + "/run.log";
        container.global_options = {"--log", log, "--log-format", "json"};
        const Outcome outcome = container.run();
        INFO(outcome.describe());
        CHECK(outcome.status == one.status);
        CHECK(outcome.err.empty());
        CHECK(read_file(log).empty());
        ::unlink(log.c_str());
    }
}

TEST_CASE("the log of --debug has each step of the plan and the flags of the filter") {
    need_root();
    Bundle bundle;
    bundle.args({"/bin/sleep", "100"})
        .set("/linux/seccomp",
             {{"defaultAction", "SCMP_ACT_ALLOW"},
              {"flags", {"SECCOMP_FILTER_FLAG_LOG"}},
              {"syscalls", {{{"names", {"mkdir"}}, {"action", "SCMP_ACT_ERRNO"}}}}});
    Container container(bundle);
    container.global_options = {"--debug"};
    const Outcome created = container.create();
    REQUIRE(created.ok());
    CHECK_THAT(created.err,
               Catch::Contains("level=debug msg=\"in the container, by init: ") &&
                   Catch::Contains("on the host, before init starts: create the FIFO") &&
                   Catch::Contains("[/linux/seccomp]") &&
                   Catch::Contains("msg=\"seccomp filter flags: 2\""));
    const Outcome entered = container.crux({"exec", container.id(), "/bin/true"});
    REQUIRE(entered.ok());
    CHECK_THAT(entered.err, Catch::Contains("level=debug msg=\"in the container, by init: ") &&
                                Catch::Contains("msg=\"seccomp filter flags: 2\"") &&
                                !Catch::Contains("make the FIFO"));
    container.global_options.clear();
    must(container.crux({"exec", container.id(), "/bin/true"}));
}

TEST_CASE("an invalid container id is refused") {
    Bundle bundle;
    bundle.write();
    Container container(bundle);
    for (const char* id : {"..", ".", "a/b", "../x", "a b", "a\n", "ä"}) {
        const Outcome outcome = container.crux({"create", "-b", bundle.path(), "--", id});
        INFO(id << outcome.describe());
        CHECK(outcome.status == 1);
        CHECK_THAT(outcome.err, Catch::Contains("runc create failed: invalid container ID format"));
    }
    CHECK_THAT(container.crux({"create", "-b", bundle.path(), ""}).err,
               Catch::Contains("container id cannot be empty"));
}

}  // namespace
}  // namespace crux::test
