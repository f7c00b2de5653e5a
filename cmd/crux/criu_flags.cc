#include "cmd/crux/criu_flags.h"

#include "cmd/crux/state_root.h"
#include "runtime/base/text.h"

namespace crux::cmd {

Status take_criu_options(const Options& given, container::CriuOptions& options) {
    const std::string& images = given.text("image-path");
    options.image_path = TRY(absolute_path(images.empty() ? "checkpoint" : images));
    const std::string& work = given.text("work-path");
    if (!work.empty()) options.work_path = TRY(absolute_path(work));
    options.tcp_established = given.on("tcp-established");
    options.ext_unix_sk = given.on("ext-unix-sk");
    options.shell_job = given.on("shell-job");
    options.file_locks = given.on("file-locks");
    options.auto_dedup = given.on("auto-dedup");
    options.lazy_pages = given.on("lazy-pages");
    options.cgroup_mode = TRY(container::cgroup_mode_of(given.text("manage-cgroups-mode")));
    for (const std::string& name : given.texts("empty-ns"))
        if (name != "network")
            return fail(Error::Kind::usage, cat("namespace ", quoted(name), " is not supported"));
    return {};
}

Status take_page_server(std::string_view text, container::CriuOptions& options) {
    if (text.empty()) return {};
    const std::size_t colon = text.rfind(':');
    std::string_view address = text.substr(0, colon);
    const bool bracketed = address.starts_with('[') && address.ends_with(']');
    if (bracketed) address = address.substr(1, address.size() - 2);
    const bool ambiguous = !bracketed && address.find(':') != std::string_view::npos;
    if (colon == std::string_view::npos || address.empty() || colon + 1 == text.size() || ambiguous)
        return fail(Error::Kind::usage, "Use --page-server ADDRESS:PORT to specify page server");
    constexpr int kMost = 65'535;
    const auto port = to_number<int>(text.substr(colon + 1));
    if (!port || *port < 1 || *port > kMost) return fail(Error::Kind::usage, "Invalid port number");
    options.page_server_address = address;
    options.page_server_port = *port;
    return {};
}

void warn_of_rootless(Call& call) {
    if (call.root.rootless)
        call.warnings.emplace_back("checkpoint and restore are untested with rootless containers");
}

}  // namespace crux::cmd
