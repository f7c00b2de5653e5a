// An entry of the seccomp cache: a filter that is made of the input is read back the same, and with
// one byte changed not at all. Any other bytes are no entry, or one that is written the same.

#include <algorithm>
#include <cstring>

#include "runtime/seccomp/cache_entry.h"
#include "runtime/seccomp/compile.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace crux;

void check_content(std::string_view content) {
    seccomp::Sha256::Digest key = {};
    const auto filter = seccomp::decode_entry(key, content);
    if (filter) hold(seccomp::encode_entry(key, *filter) == content);
}

void check_filter(std::string_view text) {
    seccomp::Filter filter;
    const std::size_t count = std::min(text.size() / sizeof(seccomp::Instruction),
                                       std::size_t{seccomp::kMaxInstructions});
    if (count == 0) return;
    filter.instructions.resize(count);
    std::memcpy(filter.instructions.data(), text.data(), count * sizeof(seccomp::Instruction));
    filter.unknown_syscalls.emplace_back(text.substr(0, text.find('\0')));
    const seccomp::Sha256::Digest key = {};
    std::string content = seccomp::encode_entry(key, filter);
    const auto again = seccomp::decode_entry(key, content);
    hold(again && seccomp::encode_entry(key, *again) == content);
    hold(again->unknown_syscalls == filter.unknown_syscalls);
    const auto last = static_cast<unsigned char>(text.back());
    content[(last * text.size()) % content.size()] ^= 1;
    hold(!seccomp::decode_entry(key, content));
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    check_content(text_of(bytes, size));
    check_filter(text_of(bytes, size));
    return 0;
}
