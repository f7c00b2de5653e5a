#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "oci-spec/types.h"
#include "runtime/cgroup/dirs.h"
#include "runtime/checkpoint/criu.h"
#include "runtime/container/options.h"
#include "runtime/sys/handle.h"

/// What the requests of checkpoint and restore have in common.
namespace crux::container {

/// The folders of the images and of CRIU's work, held open for it.
struct ImageFolders {
    sys::Fd images;
    sys::Fd work;  ///< nothing: as the images
    /// The folder with the log.
    [[nodiscard]] sys::FdRef log() const { return work ? sys::FdRef(work) : sys::FdRef(images); }
};

enum class Missing { fail, make };
/// Opens them; the folder of the work is made, that of the images only where that is said.
Result<ImageFolders> open_folders(const CriuOptions& options, Missing images);

/// The options that both kinds of request have.
checkpoint::RpcOptions common_options(const CriuOptions& options, const oci::Config& config);

/// Has CRIU use these folders, which stay open as long as it works.
void use_folders(const ImageFolders& folders, checkpoint::RpcOptions& rpc);

/// A place in the container where something of the host is mounted, which CRIU must not save.
struct ExternalPlace {
    enum class Kind : std::uint8_t {
        mount,  ///< a bind mount of config.json, which must be there
        mask,   ///< the host's /dev/null, where a masked path is a file
        maybe,  ///< only some containers have it
    };
    std::string destination;  ///< as config.json names it
    std::string source;       ///< on the host
    Kind kind = Kind::mount;
    bool read_only = false;
};

/// All that may be external in a container of this configuration. `state` is the path of its state
/// directory.
std::vector<ExternalPlace> external_places(const oci::Config& config, const std::string& bundle,
                                           const std::vector<cgroup::CgroupDir>& places,
                                           const std::string& state);

/// The key that the images have for a place: a digest of what config.json says, so that nothing in
/// an image can make one place pass for another, and no path is taken for syntax (CVE-2026-119101,
/// CVE-2026-115520).
std::string key_of(const ExternalPlace& place);

/// Where in the container (its root is given) the place's mount is now, links and all; empty for a
/// mask or a maybe that is not there. An error for a mount where something else than its source is,
/// and for a path that CRIU would misread.
Result<std::string> mount_point_of(sys::FdRef root, const ExternalPlace& place);

/// The mounts of all these places as CRIU wants them at a dump. Two places at one mount point are
/// an error: CRIU would take one for the other.
Result<std::vector<checkpoint::ExternalMount>> mounts_to_leave(
    sys::FdRef root, const std::vector<ExternalPlace>& places);

/// That the mounts of config.json are where they should be in a restored container (its root is
/// given), and read-only where it says so: the images are not to be trusted with that.
Status check_mounts(sys::FdRef root, const std::vector<ExternalPlace>& places);

/// CRIU's key for a namespace that was joined by path, as runc has it: "extRootNetNS".
std::string namespace_key(std::string_view proc_name);

/// Adds what CRIU's log says of the failure, or where it says nothing CRIU itself.
Error with_log(Error error, const checkpoint::Criu& criu, const ImageFolders& folders,
               const std::string& log_file);

constexpr const char* kDescriptorsName = "descriptors.json";

}  // namespace crux::container
