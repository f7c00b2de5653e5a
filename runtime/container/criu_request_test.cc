#include "runtime/container/criu_request.h"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>

#include "tests/support/bundle.h"
#include "tests/support/catch.h"

namespace crux::container {
namespace {

namespace fs = std::filesystem;
using Kind = ExternalPlace::Kind;

/// A folder that stands for a container's root.
class Root {
 public:
    Root() : path_(test::work_folder() + "/criu-request") {
        fs::create_directories(path_ + "/data");
        fs::create_directories(path_ + "/logs");
        fd_ = sys::Fd(::open(path_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    }
    ~Root() { fs::remove_all(path_); }
    Root(const Root&) = delete;
    Root& operator=(const Root&) = delete;
    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] sys::FdRef fd() const { return fd_; }

 private:
    std::string path_;
    sys::Fd fd_;
};

TEST_CASE("mounts are named to criu by keys that say nothing of paths", "[kernel]") {
    const Root root;
    const std::vector<ExternalPlace> places = {{"/data", root.path() + "/data"},
                                               {"/logs", root.path() + "/logs"},
                                               {"/nosuch", "/dev/null", Kind::mask},
                                               {"/nosuch", "/nosuch", Kind::maybe}};
    const auto mounts = mounts_to_leave(root.fd(), places);
    REQUIRE(mounts.has_value());
    REQUIRE(mounts->size() == 2);
    CHECK(mounts->front().key == root.path() + "/data");
    CHECK(mounts->front().value == key_of(places[0]));
    CHECK(key_of(places[0]).size() == 33);
    CHECK(key_of(places[0]).find_first_not_of("m0123456789abcdef") == std::string::npos);
    CHECK(key_of(places[0]) != key_of(places[1]));
    CHECK(key_of(places[2]) == "null");
}

TEST_CASE("no link of an image makes one mount pass for another", "[kernel]") {
    const Root root;
    fs::create_directory_symlink("/data", root.path() + "/link");
    // Both lead to one place: the second is what is seen there.
    const auto doubled = mounts_to_leave(
        root.fd(), {{{"/data", root.path() + "/data"}, {"/link", root.path() + "/data"}}});
    REQUIRE_FALSE(doubled.has_value());
    CHECK(doubled.error().message() == "mount /link is where another one is (" + root.path() +
                                           "/data): criu would take one for the other");
    // The places were exchanged.
    const auto exchanged = mounts_to_leave(
        root.fd(), {{{"/link", root.path() + "/logs"}, {"/logs", root.path() + "/data"}}});
    REQUIRE_FALSE(exchanged.has_value());
    CHECK(exchanged.error().message() == "mount /link: what is there is not " + root.path() +
                                             "/logs: one of them was moved, covered or replaced");
}

TEST_CASE("a path that criu would take for syntax is refused", "[kernel]") {
    const Root root;
    for (const char* name : {"a]:b", "a[b", "a:b", "a\nb"}) {
        fs::create_directories(root.path() + "/" + name);
        fs::remove(root.path() + "/link");
        fs::create_directory_symlink(std::string("/") + name, root.path() + "/link");
        const auto mounts = mounts_to_leave(root.fd(), {{{"/link", root.path() + "/" + name}}});
        REQUIRE_FALSE(mounts.has_value());
        CHECK_THAT(mounts.error().message(), Catch::EndsWith(", which criu would misread"));
    }
}

TEST_CASE("what images say of a mount is checked against the configuration", "[kernel]") {
    const Root root;
    const std::string source = root.path() + "/data";
    CHECK(check_mounts(root.fd(), {{{"/data", source}}}).has_value());
    const Status writable = check_mounts(root.fd(), {{{"/data", source, Kind::mount, true}}});
    REQUIRE_FALSE(writable.has_value());
    CHECK(writable.error().message() == "mount /data is not read-only in the images");
    CHECK_FALSE(check_mounts(root.fd(), {{{"/logs", source}}}).has_value());
    CHECK_FALSE(check_mounts(root.fd(), {{{"/nosuch", source}}}).has_value());
}

}  // namespace
}  // namespace crux::container
