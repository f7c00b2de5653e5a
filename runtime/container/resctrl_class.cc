#include "runtime/container/resctrl_class.h"

#include <fcntl.h>

#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/resctrl/resctrl.h"
#include "runtime/sys/directory.h"
#include "runtime/sys/file.h"

namespace crux::container {

namespace {

Result<std::string> find_mountpoint() {
    const std::string mountinfo =
        TRY(sys::read_file("/proc/self/mountinfo").during("/proc/self/mountinfo"));
    return resctrl::find_mountpoint(mountinfo);
}

Result<resctrl::Placement> placement_of(const oci::IntelRdt& wanted, std::string_view id) {
    const std::string mountpoint = TRY(find_mountpoint());
    if (mountpoint.empty())
        return std::unexpected(
            Error(Error::Kind::unsupported,
                  "needs a mounted resctrl file system (Linux 4.10, on CPUs with Intel RDT or AMD "
                  "QoS), which this host does not have")
                .at("/linux/intelRdt"));
    return resctrl::place_for(wanted, id, mountpoint);
}

Result<bool> is_there(const std::string& path) {
    auto found = sys::faccessat(sys::FdRef::cwd(), path, F_OK);
    if (!found && found.error().value == ENOENT) return false;
    TRY(std::move(found).during(path));
    return true;
}

}  // namespace

Status make_class(launch::Journal& journal, const oci::Linux& linux, std::string_view id) {
    if (!linux.intel_rdt) return {};
    resctrl::Placement placement = TRY(placement_of(*linux.intel_rdt, id));
    // A class that exists already is not this container's to remove.
    if (placement.removes_group && TRY(is_there(placement.group))) placement.removes_group = false;
    std::vector<std::string> removed;
    if (!placement.monitor.empty()) removed.push_back(placement.monitor);
    if (placement.removes_group) removed.push_back(placement.group);
    TRY(journal.note_directories(removed));
    return resctrl::prepare(*linux.intel_rdt, placement);
}

Status enter_class(const oci::IntelRdt& wanted, std::string_view id, pid_t pid) {
    return resctrl::enter(TRY(placement_of(wanted, id)), pid);
}

Status change_class(const oci::Linux& linux, std::string_view id, const std::string& l3_cache,
                    const std::string& memory_bandwidth) {
    if (l3_cache.empty() && memory_bandwidth.empty()) return {};
    const std::string mountpoint = TRY(find_mountpoint());
    if (mountpoint.empty())
        return fail(Error::Kind::unsupported,
                    l3_cache.empty() ? "Intel RDT/MBA: memory bandwidth schema is not enabled"
                                     : "Intel RDT/CAT: l3 cache schema is not enabled");
    if (!linux.intel_rdt)
        return fail(Error::Kind::usage,
                    "updating a non-existent Intel RDT configuration is not supported");
    oci::IntelRdt wanted;
    wanted.clos_id = linux.intel_rdt->clos_id;
    wanted.l3_cache_schema = l3_cache;
    wanted.mem_bw_schema = memory_bandwidth;
    return resctrl::change(wanted, resctrl::place_for(*linux.intel_rdt, id, mountpoint));
}

Status remove_directories(const std::vector<std::string>& paths) {
    for (const std::string& path : paths) {
        auto removed = sys::unlinkat(sys::FdRef::cwd(), path, AT_REMOVEDIR);
        if (!removed && removed.error().value != ENOENT)
            return std::unexpected(Error(removed.error()).during(cat("remove ", path)));
    }
    return {};
}

}  // namespace crux::container
