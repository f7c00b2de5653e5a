#include "runtime/resctrl/resctrl.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include "tests/support/bundle.h"
#include "tests/support/catch.h"
#include "tests/support/command.h"

namespace crux::resctrl {
namespace {

using test::read_file;
using test::write_file;
namespace fs = std::filesystem;

/// A directory tree that looks like resctrl; the kernel would make the files of a new class.
struct Tree {
    std::string path = test::work_folder() + "/resctrl";
    Tree() {
        fs::create_directories(path + "/mon_groups");
        fill(path);
    }
    ~Tree() { fs::remove_all(path); }
    Tree(const Tree&) = delete;
    Tree& operator=(const Tree&) = delete;
    static void fill(const std::string& group) {
        fs::create_directories(group + "/mon_groups");
        write_file(group + "/schemata", "    L3:0=fffff;1=fffff\n    MB:0=100;1=100\n");
        write_file(group + "/tasks", "");
    }
};

std::string sentence(const Status& status) {
    return status ? "" : status.error().message();
}

TEST_CASE("a container joins the class of closID, or its own") {
    const auto place = [](const char* clos, bool monitor) {
        oci::IntelRdt wanted;
        wanted.clos_id = clos;
        wanted.enable_monitoring = monitor;
        return place_for(wanted, "demo", "/sys/fs/resctrl");
    };
    CHECK(place("", false).group == "/sys/fs/resctrl/demo");
    CHECK(place("", false).removes_group);
    CHECK(place("gold", true).group == "/sys/fs/resctrl/gold");
    CHECK(place("gold", true).monitor == "/sys/fs/resctrl/gold/mon_groups/demo");
    CHECK_FALSE(place("gold", true).removes_group);
    CHECK(place("/", true).group == "/sys/fs/resctrl");
    CHECK(place("/", true).monitor == "/sys/fs/resctrl/mon_groups/demo");
    CHECK_FALSE(place("/", true).removes_group);
    CHECK(place("", false).monitor.empty());
}

TEST_CASE("schemata are compared by their meaning") {
    const char* present = "    L3:0=00ff0;1=fffff\n    MB:0= 70;1=100\n";
    CHECK(schemata_match("L3:0=ff0;1=fffff", present));
    CHECK(schemata_match("L3:1=FFFFF", present));
    CHECK(schemata_match("MB:1=100;0=70", present));
    CHECK(schemata_match("MB:0=70\nL3:0=ff0", present));
    CHECK_FALSE(schemata_match("L3:0=ff", present));
    CHECK_FALSE(schemata_match("L3:2=ff0", present));
    CHECK_FALSE(schemata_match("L2:0=ff0", present));
}

TEST_CASE("a class that exists must have the schemata, and keeps them") {
    const Tree tree;
    Tree::fill(tree.path + "/gold");
    oci::IntelRdt wanted;
    wanted.clos_id = "gold";
    wanted.l3_cache_schema = "L3:0=fffff";
    CHECK(sentence(prepare(wanted, place_for(wanted, "demo", tree.path))) == "");
    wanted.mem_bw_schema = "MB:0=50";
    CHECK(sentence(prepare(wanted, place_for(wanted, "demo", tree.path))) ==
          "class " + tree.path +
              "/gold exists, but its schemata do not match \"MB:0=50\" (config.json: "
              "/linux/intelRdt)");
    CHECK(read_file(tree.path + "/gold/schemata").find("MB:0=100") != std::string::npos);
}

TEST_CASE("a class without schemata must exist, and is entered unchanged") {
    const Tree tree;
    oci::IntelRdt wanted;
    wanted.clos_id = "gold";
    const Placement place = place_for(wanted, "demo", tree.path);
    CHECK(sentence(prepare(wanted, place)) ==
          "class " + tree.path + "/gold does not exist (config.json: /linux/intelRdt/closID)");
    CHECK_FALSE(fs::exists(tree.path + "/gold"));
    Tree::fill(tree.path + "/gold");
    CHECK(sentence(prepare(wanted, place)) == "");
    CHECK(sentence(enter(place, 4711)) == "");
    CHECK(read_file(tree.path + "/gold/tasks") == "4711");
    CHECK_FALSE(place.removes_group);
}

TEST_CASE("monitoring gets a group of the container's id") {
    const Tree tree;
    oci::IntelRdt wanted;
    wanted.clos_id = "/";
    wanted.enable_monitoring = true;
    const Placement place = place_for(wanted, "demo", tree.path);
    REQUIRE(sentence(prepare(wanted, place)) == "");
    CHECK(fs::is_directory(tree.path + "/mon_groups/demo"));
    CHECK(place.monitor == tree.path + "/mon_groups/demo");
    CHECK_FALSE(place.removes_group);
}

TEST_CASE("a class that cannot be given its schemata does not stay") {
    const Tree tree;
    oci::IntelRdt wanted;
    wanted.schemata = {"L3:0=f"};
    // In a plain directory the schemata file cannot be opened; the kernel would refuse the value.
    const Placement place = place_for(wanted, "demo", tree.path);
    const Status done = prepare(wanted, place);
    CHECK_THAT(sentence(done), Catch::Contains("write \"L3:0=f\" to " + place.group));
    CHECK_FALSE(fs::exists(place.group));
}

TEST_CASE("the schemata are written in the order of the specification") {
    const Tree tree;
    // A FIFO keeps the writes in order, as the kernel receives them.
    const std::string fifo = tree.path + "/schemata";
    REQUIRE(::unlink(fifo.c_str()) == 0);
    REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    const int reader = ::open(fifo.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
    REQUIRE(reader >= 0);
    const auto written = [&](const oci::IntelRdt& wanted) {
        CHECK(sentence(prepare(wanted, place_for(wanted, "demo", tree.path))) == "");
        std::array<char, 256> text = {};
        const ssize_t length = ::read(reader, text.data(), text.size());
        return std::string(text.data(), length > 0 ? static_cast<std::size_t>(length) : 0U);
    };
    oci::IntelRdt wanted;
    wanted.clos_id = "/";
    CHECK(written(wanted).empty());
    wanted.schemata = {"L2:0=f", "MB:1=30"};
    wanted.mem_bw_schema = "MB:0=50";
    wanted.l3_cache_schema = "L3:0=ff";
    CHECK(written(wanted) == "L3:0=ff\nMB:0=50\nL2:0=f\nMB:1=30\n");
    ::close(reader);
}

TEST_CASE("the mount point is found in mountinfo") {
    CHECK(find_mountpoint("30 1 0:26 / /sys/fs/resctrl rw - resctrl resctrl rw\n") ==
          "/sys/fs/resctrl");
    CHECK(find_mountpoint("30 1 0:26 / /sys rw - sysfs sysfs rw\n").empty());
}

}  // namespace
}  // namespace crux::resctrl
