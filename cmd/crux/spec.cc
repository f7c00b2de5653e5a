#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>

#include "cmd/crux/commands.h"
#include "oci-spec/runc/template.h"
#include "runtime/base/text.h"

namespace crux::cmd {

namespace {

constexpr const char* kFile = "config.json";

constexpr Flag kFlags[] = {
    {.name = "bundle",
     .letters = "b",
     .takes = Takes::text,
     .help = "write the file to this directory (default: the current directory)",
     .value_name = "dir"},
    {.name = "rootless", .help = "write a configuration for an unprivileged user"},
};

/// On a host with cgroup v1, container images expect to see the cgroup paths of the host.
bool has_cgroup2_alone() {
    struct ::statfs info{};
    return ::statfs("/sys/fs/cgroup", &info) == 0 && info.f_type == CGROUP2_SUPER_MAGIC;
}

Result<int> run_spec(Call& call) {
    TRY(enter_bundle(call.options.text("bundle")));
    const std::string text = oci::config_template({
        .cgroup_namespace = has_cgroup2_alone(),
        .rootless = call.options.on("rootless"),
        .uid = ::geteuid(),
        .gid = ::getegid(),
    });
    const int file = ::open(kFile, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file < 0 && errno == EEXIST)
        return fail(Error::Kind::usage, cat("File ", kFile, " exists. Remove it first"));
    if (file < 0) return fail(Error::Kind::os, cat("open ", kFile, ": ", errno_words(errno)));
    Status written = write_all(file, kFile, text);
    ::close(file);
    if (!written) return std::unexpected(std::move(written).error());
    return 0;
}

}  // namespace

const Command kSpec = {
    .name = "spec",
    .usage = "write a template of config.json",
    .description =
        "Write a config.json that runs a shell in new namespaces. The root filesystem is the\n"
        "directory \"rootfs\" next to the file. Edit the file as needed; \"crux explain\" shows "
        "what\n"
        "crux does for each property.",
    .flags = kFlags,
    .stateless = true,
    .run = run_spec,
};

}  // namespace crux::cmd
