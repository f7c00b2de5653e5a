#include "runtime/sys/memfd.h"

#include <fcntl.h>
#include <sys/syscall.h>

#include <utility>

#include "runtime/sys/checked.h"

namespace crux::sys {

Result<Fd, Errno> memfd_create(ZString name, unsigned flags) noexcept {
    return detail::owned<Fd>("memfd_create", [&] {
        return ::syscall(SYS_memfd_create, name.c_str(), flags | MFD_CLOEXEC | MFD_ALLOW_SEALING);
    });
}

Result<void, Errno> add_seals(FdRef file, int seals) noexcept {
    return detail::done("fcntl", [&] { return ::fcntl(file.get(), F_ADD_SEALS, seals); });
}

Mapping::Mapping(Mapping&& other) noexcept
    : address_(std::exchange(other.address_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Mapping& Mapping::operator=(Mapping&& other) noexcept {
    std::swap(address_, other.address_);
    std::swap(size_, other.size_);
    return *this;
}

Mapping::~Mapping() {
    if (address_ != nullptr) ::munmap(address_, size_);
}

Result<Mapping, Errno> mmap(std::size_t size, int protection, int flags, FdRef file) noexcept {
    void* address = ::mmap(nullptr, size, protection, flags, file.get(), 0);
    if (address == MAP_FAILED) return std::unexpected(Errno{"mmap", errno});
    return Mapping(address, size);
}

Result<void, Errno> mprotect(std::span<std::byte> pages, int protection) noexcept {
    return detail::done("mprotect",
                        [&] { return ::mprotect(pages.data(), pages.size(), protection); });
}

}  // namespace crux::sys
