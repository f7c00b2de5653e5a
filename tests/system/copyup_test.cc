// tmpcopyup: a tmpfs that starts with the files that it covers.

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "tests/support/bundle.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/container.h"
#include "tests/support/facts.h"
#include "tests/support/runs.h"

namespace crux::test {
namespace {

TEST_CASE("tmpcopyup copies files, directories, links, fifos, owners and modes, and covers them") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.file("data/file", "text\n", 0646)
        .file("data/deep/er/tool", "#!/bin/sh\n", 04755)
        .folder("data/sticky");
    const std::string data = bundle.rootfs() + "/data";
    std::filesystem::create_symlink("../nowhere", data + "/link");
    REQUIRE(mkfifo((data + "/fifo").c_str(), 0600) == 0);
    REQUIRE(chown((data + "/file").c_str(), 12, 34) == 0);
    REQUIRE(chmod((data + "/sticky").c_str(), 01777) == 0);
    REQUIRE(chmod(data.c_str(), 0711) == 0);
    bundle.mount("/data", "tmpfs", "tmpfs", {"tmpcopyup", "nosuid"})
        .script(
            "cd /data; cat file; stat -c '%n %a %u %g %F' . file deep/er/tool sticky link fifo;"
            "readlink link; echo new > file; grep ' /data ' /proc/mounts | cut -d' ' -f3");
    CHECK(output_of(bundle) ==
          "text\n"
          ". 711 0 0 directory\n"
          "file 646 12 34 regular file\n"
          "deep/er/tool 4755 0 0 regular file\n"
          "sticky 1777 0 0 directory\n"
          "link 777 0 0 symbolic link\n"
          "fifo 600 0 0 fifo\n"
          "../nowhere\n"
          "tmpfs\n");
    CHECK(read_file(data + "/file") == "text\n");
}

TEST_CASE("tmpcopyup works where the tmpfs is read-only, and over nothing") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.file("data/file", "text\n")
        .mount("/data", "tmpfs", "tmpfs", {"tmpcopyup", "ro"})
        .mount("/none", "tmpfs", "tmpfs", {"tmpcopyup"})
        .script("cat /data/file; touch /data/new 2>/dev/null || echo refused; ls /none");
    CHECK(output_of(bundle) == "text\nrefused\n");
}

TEST_CASE("a tmpfs has the mode of the covered directory, and its own without one") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.folder("there")
        .mount("/there", "tmpfs", "tmpfs", {"tmpcopyup"})
        .mount("/made", "tmpfs", "tmpfs", {"tmpcopyup"})
        .mount("/plain", "tmpfs", "tmpfs")
        .script("stat -c %a /there /made /plain");
    std::filesystem::permissions(bundle.rootfs() + "/there", std::filesystem::perms(0710));
    CHECK(output_of(bundle) == "710\n1777\n1777\n");
}

TEST_CASE("what does not fit into the tmpfs fails create") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.file("data/file", std::string(1 << 20, 'x'))
        .mount("/data", "tmpfs", "tmpfs", {"tmpcopyup", "size=64k"});
    create_refused(bundle, "error mounting \"tmpfs\" to rootfs at \"/data\": sendfile: no space");
}

TEST_CASE("tmpcopyup on another mount than a tmpfs is refused") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.mount("/data", "", "/tmp", {"bind", "tmpcopyup"});
    create_refused(bundle, "\"tmpcopyup\" requires a mount of type tmpfs");
}

}  // namespace
}  // namespace crux::test
