#include "runtime/launch/sealed.h"

#include <fcntl.h>

#include <cerrno>
#include <string_view>

#include "runtime/init/image.h"
#include "runtime/sys/file.h"
#include "runtime/sys/memfd.h"
#include "runtime/sys/mount.h"

namespace crux::launch {

namespace {

std::string_view text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The owner reads the file; everybody runs it.
constexpr mode_t kRunOnly = 0711;

Result<sys::Fd> on_detached_mount(Readable readable) {
    constexpr const char* kName = "crux-init";
    const sys::Fd context = TRY(sys::fsopen("tmpfs"));
    TRY(sys::fsconfig_create(context));
    const sys::MountFd mount = TRY(sys::fsmount(context, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV));
    {
        constexpr mode_t kReadAndRun = 0755;
        const mode_t mode = readable == Readable::by_owner ? kRunOnly : kReadAndRun;
        const sys::Fd written = TRY(sys::openat(mount, kName, O_WRONLY | O_CREAT | O_EXCL, mode));
        // The umask of the caller may have taken away the others' permission to execute it.
        TRY(sys::fchmod(written, mode));
        TRY(sys::write_all(written, text_of(init::image())));
    }
    // A file that is open for writing cannot be executed.
    sys::Fd file = TRY(sys::openat(mount, kName, O_RDONLY | O_NOFOLLOW));
    TRY(sys::mount_setattr(mount, "", AT_EMPTY_PATH, {.set = MOUNT_ATTR_RDONLY}));
    return file;
}

}  // namespace

Result<sys::Fd> sealed(const char* name, std::span<const std::byte> bytes, unsigned flags) {
    auto made = sys::memfd_create(name, flags);
    // Before Linux 6.3 the kernel knows neither the flags nor the seal of the execute permission.
    const bool is_old = !made && made.error().value == EINVAL;
    if (is_old) made = sys::memfd_create(name);
    sys::Fd file = TRY(std::move(made).during("create a memfd"));
    TRY(sys::write_all(file, text_of(bytes)).during("write a memfd"));
    constexpr int kSeals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
    TRY(sys::add_seals(file, is_old ? kSeals : kSeals | F_SEAL_EXEC).during("seal a memfd"));
    return file;
}

Result<sys::Fd> init_image(Readable readable) {
    auto image = sealed("crux-init", init::image(), MFD_EXEC);
    if (!image && image.error().code() == EACCES)
        return on_detached_mount(readable).during(
            "vm.memfd_noexec=2 forbids executable memfds; mount a tmpfs for init instead");
    sys::Fd file = TRY(std::move(image));
    if (readable == Readable::by_owner)
        TRY(sys::fchmod(file, kRunOnly).during("make the file of init unreadable"));
    return file;
}

}  // namespace crux::launch
