// AppArmor profiles of processes, on a host whose kernel has AppArmor active.

#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>

#include "tests/support/answered.h"
#include "tests/support/bundle.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/container.h"
#include "tests/support/facts.h"

namespace crux::test {
namespace {

/// A loaded profile that allows everything except writing /denied.
class Profile {
 public:
    Profile() : name_(our_tag()), path_(work_folder() + "/profile") {
        if (!std::filesystem::exists("/sys/kernel/security/apparmor/profiles"))
            skip("AppArmor is not active");
        write_file(path_, "profile " + name_ +
                              " flags=(attach_disconnected,mediate_deleted) {\n"
                              "  file,\n  capability,\n  network,\n  signal,\n  unix,\n"
                              "  deny /denied w,\n}\n");
        const Outcome loaded = test::run({"apparmor_parser", "-r", "-K", path_});
        constexpr int kNotFound = 127;
        if (loaded.status == kNotFound) skip("apparmor_parser is not installed (Debian: apparmor)");
        INFO(loaded.describe());
        REQUIRE(loaded.ok());
    }
    ~Profile() { (void)test::run({"apparmor_parser", "-R", path_}); }
    Profile(const Profile&) = delete;
    Profile& operator=(const Profile&) = delete;
    [[nodiscard]] const std::string& name() const { return name_; }

 private:
    std::string name_;
    std::string path_;
};

const char* const kScript = "cat /proc/self/attr/current; echo x >/denied; echo x >/allowed";

/// Whether a call writes a process attribute, such as the profile for the next program.
bool writes_attribute(const Call& call) {
    std::error_code gone;
    const std::string file = "/proc/" + std::to_string(call.pid) + "/fd/";
    const std::string path =
        std::filesystem::read_symlink(file + std::to_string(call.arguments[0]), gone);
    return path.find("/attr/") != std::string::npos;
}

TEST_CASE("a profile that the kernel does not keep fails the create") {
    need_root();
    const Profile profile;
    Bundle bundle;
    bundle.set("/process/apparmorProfile", profile.name());
    Container container(bundle);
    Outcome outcome;
    const auto seen =
        answered(__NR_write, std::nullopt, [&] { outcome = container.create(); }, writes_attribute);
    INFO(outcome.describe());
    CHECK(seen.size() == 1);
    CHECK(outcome.status == 1);
    CHECK_THAT(outcome.err, Catch::Contains(profile.name()));
    CHECK(container.status() == "");
}

TEST_CASE("a process has the AppArmor profile that is asked for") {
    need_root();
    const Profile profile;
    Bundle bundle;
    bundle.set("/root/readonly", false).set("/process/apparmorProfile", profile.name());
    bundle.script(kScript);
    Container container(bundle);
    const Outcome outcome = container.run();
    CHECK(outcome.out == profile.name() + " (enforce)\n");
    CHECK_THAT(outcome.err, Catch::Contains("/denied: Permission denied"));
    CHECK_THAT(outcome.err, !Catch::Contains("/allowed"));

    // exec uses the container's profile, or another.
    bundle.args({"/bin/sleep", "1000"});
    Container running(bundle);
    must(running.create());
    must(running.start());
    const std::vector<std::string> words = {running.id(), "/bin/cat", "/proc/self/attr/current"};
    const auto label = [&](std::vector<std::string> command) {
        command.insert(command.begin(), "exec");
        command.insert(command.end(), words.begin(), words.end());
        return running.crux(command).out;
    };
    CHECK(label({}) == profile.name() + " (enforce)\n");
    CHECK(label({"--apparmor", "unconfined"}) == "unconfined\n");
    running.global_options = bare_errors();
    refused_with(running.crux({"exec", "--apparmor", "no-such-profile", running.id(), "/bin/true"}),
                 "no-such-profile", 255);
}

TEST_CASE("an AppArmor profile is set through the bound /proc where no other procfs can be had") {
    need_root();
    if (!has_user_namespaces()) skip("needs user namespaces");
    const Profile profile;
    Bundle bundle;
    const nlohmann::json map =
        nlohmann::json::array({{{"containerID", 0}, {"hostID", 100'000}, {"size", 65'536}}});
    bundle.name_space("user").set("/linux/uidMappings", map).set("/linux/gidMappings", map);
    // The host's pid namespace, and so only the host's procfs.
    bundle.without_name_space("pid")
        .set("/mounts/0",
             {{"destination", "/proc"}, {"source", "/proc"}, {"options", {"rbind", "nosuid"}}})
        .set("/process/apparmorProfile", profile.name())
        .args({"/bin/sleep", "1000"});
    Container container(bundle);
    must(container.create());
    must(container.start());
    const std::string current = "/attr/current";
    CHECK(read_file("/proc/" + std::to_string(container.pid()) + current) ==
          profile.name() + " (enforce)\n");
    CHECK(container.crux({"exec", container.id(), "/bin/cat", "/proc/self" + current}).out ==
          profile.name() + " (enforce)\n");
}

}  // namespace
}  // namespace crux::test
