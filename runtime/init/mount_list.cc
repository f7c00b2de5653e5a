#include "runtime/init/mount_list.h"

#include "runtime/init/context.h"

namespace crux::init {

Outcome read_mount_list(int file, char*& list) {
    constexpr std::size_t kListMax = std::size_t{4} << 20U;
    list = static_cast<char*>(raw::pointer(TRY(map_memory(kListMax))));
    std::size_t length = 0;
    for (;;) {
        const long got = TRY(call(__NR_read, file, list + length, kListMax - 1 - length));
        if (got == 0) break;
        length += static_cast<std::size_t>(got);
    }
    return length < kListMax - 1 ? Outcome() : refuse(kNameTooLong, __NR_read);
}

}  // namespace crux::init
