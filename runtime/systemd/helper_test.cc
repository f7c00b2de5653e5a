#include "runtime/systemd/helper.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/support/catch.h"

namespace crux::systemd {
namespace {

TEST_CASE("the answer of the helper is done, or an error that names the unit") {
    const Unit unit = {.name = "crux-a.scope", .slice = "b.slice", .path = "", .below = ""};
    CHECK(answer_of("done", unit).has_value());
    for (const char* line : {"", "done ", "Done", "access denied"}) {
        INFO(line);
        const Status answer = answer_of(line, unit);
        REQUIRE_FALSE(answer);
        CHECK(answer.error().text() == std::string("systemd unit crux-a.scope: ") + line);
        CHECK(answer.error().pointer().empty());
    }
    for (const char* line : {"Unit crux-a.scope is masked.", "b.slice: no"}) {
        INFO(line);
        const Status answer = answer_of(line, unit);
        REQUIRE_FALSE(answer);
        CHECK(answer.error().pointer() == "/linux/cgroupsPath");
    }
}

/// A helper that answers with the output of a shell command.
class Impostor {
 public:
    explicit Impostor(const std::string& command) {
        std::string name = "/tmp/crux-test-helper-XXXXXX";
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        directory_ = name;
        std::ofstream(path()) << "#!/bin/sh\n" << command << '\n';
        REQUIRE(::chmod(path().c_str(), 0755) == 0);
    }
    ~Impostor() { std::filesystem::remove_all(directory_); }
    Impostor(const Impostor&) = delete;
    Impostor& operator=(const Impostor&) = delete;
    [[nodiscard]] std::string path() const { return directory_ / "helper"; }

 private:
    std::filesystem::path directory_;
};

TEST_CASE("an answer without an end is refused", "[kernel]") {
    const Impostor endless("exec tr '\\0' x </dev/zero");
    const Unit unit = {.name = "a.scope", .slice = "", .path = "", .below = ""};
    const Status answer = change(endless.path(), unit, {});
    REQUIRE_FALSE(answer);
    CHECK(answer.error().text() == "systemd unit a.scope: response of crux-systemd is too long");
    const Impostor silent("read -r _; exit 0");
    const Status none = change(silent.path(), unit, {});
    REQUIRE_FALSE(none);
    CHECK(none.error().text() == "systemd unit a.scope: crux-systemd exited without a response");
}

}  // namespace
}  // namespace crux::systemd
