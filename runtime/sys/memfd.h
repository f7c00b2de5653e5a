#pragma once

#include <linux/memfd.h>
#include <sys/mman.h>

#include <cstddef>
#include <span>

#include "runtime/base/error.h"
#include "runtime/sys/handle.h"
#include "runtime/sys/zstring.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U  // 6.3
#endif
#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U  // 6.3
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x0020  // 6.3
#endif

namespace crux::sys {

/// memfd_create(2) with MFD_CLOEXEC and MFD_ALLOW_SEALING added.
Result<Fd, Errno> memfd_create(ZString name, unsigned flags = 0) noexcept;
/// fcntl(F_ADD_SEALS): sets F_SEAL_*; seals cannot be removed.
Result<void, Errno> add_seals(FdRef file, int seals) noexcept;

/// The owner of a mapping (mmap(2)); the destructor unmaps it.
class [[nodiscard]] Mapping {
 public:
    Mapping() = default;
    Mapping(void* address, std::size_t size) noexcept : address_(address), size_(size) {}
    Mapping(Mapping&& other) noexcept;
    Mapping& operator=(Mapping&& other) noexcept;
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;
    ~Mapping();

    [[nodiscard]] void* data() const noexcept { return address_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] std::span<std::byte> bytes() const noexcept {
        return {static_cast<std::byte*>(address_), size_};
    }
    explicit operator bool() const noexcept { return address_ != nullptr; }

 private:
    void* address_ = nullptr;
    std::size_t size_ = 0;
};

/// mmap(2) of the file from its start; without a file (FdRef::none(), MAP_ANONYMOUS) of new memory.
Result<Mapping, Errno> mmap(std::size_t size, int protection, int flags,
                            FdRef file = FdRef::none()) noexcept;
/// mprotect(2) of whole pages.
Result<void, Errno> mprotect(std::span<std::byte> pages, int protection) noexcept;

}  // namespace crux::sys
