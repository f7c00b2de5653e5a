#include "runtime/seccomp/export.h"

#include <unistd.h>

#include <cstring>
#include <string>

#include "runtime/base/text.h"
#include "runtime/sys/file.h"
#include "runtime/sys/memfd.h"

namespace crux::seccomp {
namespace {

Status generation_failed(int negative_errno) {
    return fail(Error::Kind::os,
                cat("libseccomp cannot generate the filter: ", errno_words(-negative_errno)));
}

#ifdef CRUX_SECCOMP_EXPORT_MEM  // libseccomp 2.6

Result<std::string> exported(scmp_filter_ctx context) {
    std::size_t size = kMaxInstructions * sizeof(Instruction);
    std::string bytes(size, '\0');
    int answer = seccomp_export_bpf_mem(context, bytes.data(), &size);
    if (answer == -ERANGE) {
        bytes.resize(size);
        answer = seccomp_export_bpf_mem(context, bytes.data(), &size);
    }
    if (answer != 0) return std::unexpected(generation_failed(answer).error());
    bytes.resize(size);
    return bytes;
}

#else

Result<std::string> exported(scmp_filter_ctx context) {
    const sys::Fd file = TRY(sys::memfd_create("seccomp-filter"));
    const int answer = seccomp_export_bpf(context, file.get());
    if (answer != 0) return std::unexpected(generation_failed(answer).error());
    TRY(sys::lseek(file, 0, SEEK_SET));
    return sys::read_to_end(file).during("read the filter");
}

#endif

}  // namespace

Status append_filter(scmp_filter_ctx context, std::vector<Instruction>& code) {
    const std::string bytes = TRY(exported(context));
    const std::size_t count = bytes.size() / sizeof(Instruction);
    const std::size_t before = code.size();
    code.resize(before + count);
    std::memcpy(code.data() + before, bytes.data(), count * sizeof(Instruction));
    return {};
}

}  // namespace crux::seccomp
