#include "runtime/init/mount_line.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace crux::init {
namespace {

std::vector<std::string> lines_of(std::string text) {
    std::vector<std::string> out;
    char* list = text.data();
    MountLine line;
    while (next_mount(list, line))
        out.push_back(std::to_string(line.id) + ' ' + std::to_string(line.parent) + ' ' +
                      line.root + ' ' + line.point + ' ' + line.type);
    return out;
}

using Lines = std::vector<std::string>;

TEST_CASE("init reads the lines of mountinfo, with any number of optional fields") {
    CHECK(lines_of("36 35 98:0 / /a rw,noatime shared:1 master:2 - ext4 /dev/root rw\n"
                   "37 36 0:5 /x /a\\040b\\134 rw - tmpfs  rw\n") ==
          Lines{"36 35 / /a ext4", "37 36 /x /a b\\ tmpfs"});
    // A text that is no escape stays as it is.
    CHECK(lines_of("1 0 0:1 / /a\\04x\\9\\570 rw - t s o") == Lines{"1 0 / /a\\04x\\9\\570 t"});
}

TEST_CASE("lines that are not those of a mount are skipped, however many") {
    CHECK(lines_of("").empty());
    CHECK(lines_of("\n\n36 35\n36 35 98:0 / /a rw\n").empty());
    const std::string many(std::size_t{1} << 20U, '\n');
    CHECK(lines_of(many + "1 0 0:1 / /a rw - t s o\n") == Lines{"1 0 / /a t"});
}

}  // namespace
}  // namespace crux::init
