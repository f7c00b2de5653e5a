#include "runtime/seccomp/cache_entry.h"

#include <seccomp.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

#include "oci-spec/vocabulary.h"
#include "runtime/seccomp/compile.h"
#include "runtime/seccomp/names.h"

namespace crux::seccomp {
namespace {

/// Must be incremented when an equal profile may give another filter, or the format of entries
/// changes.
constexpr std::uint32_t kVersion = 3;

constexpr std::array<char, 8> kMagic{'c', 'r', 'u', 'x', 'b', 'p', 'f', '\1'};

struct Header {
    std::array<char, 8> magic = kMagic;
    std::uint64_t checksum = 0;  ///< of everything after it
    Sha256::Digest key{};
    std::uint32_t instructions = 0;  ///< the number that follows
    std::uint32_t names = 0;         ///< bytes of names after them, each with a final NUL
};
static_assert(sizeof(Header) == 56);
constexpr std::size_t kChecked = offsetof(Header, key);

/// FNV-1a over words of eight bytes. It detects damage, not an attack: a process that can write to
/// the directory could also write a checksum.
std::uint64_t checksum(std::string_view bytes) {
    std::uint64_t sum = 0xcbf29ce484222325;
    while (!bytes.empty()) {
        std::uint64_t word = 0;
        const std::size_t taken = std::min(bytes.size(), sizeof(word));
        std::memcpy(&word, bytes.data(), taken);
        sum = (sum ^ word) * 0x100000001b3;
        bytes.remove_prefix(taken);
    }
    return sum;
}

/// Writes values so that two different sequences of calls never give the same text.
class Canonical {
 public:
    explicit Canonical(std::size_t expected) { bytes_.reserve(expected); }

    void number(std::uint64_t value) {
        std::array<char, sizeof(value)> raw{};
        std::memcpy(raw.data(), &value, sizeof(value));
        bytes_.append(raw.data(), raw.size());
    }
    void text(std::string_view value) {
        number(value.size());
        bytes_ += value;
    }
    [[nodiscard]] std::string_view bytes() const { return bytes_; }

 private:
    std::string bytes_;
};

void write_rule(Canonical& out, const oci::SeccompRule& rule) {
    out.number(action_value(rule.action, rule.errno_ret));
    out.number(rule.names.size());
    for (const std::string& name : rule.names) out.text(name);
    out.number(rule.args.size());
    for (const oci::SeccompArg& arg : rule.args) {
        out.number(arg.index);
        out.number(arg.value);
        out.number(arg.value_two);
        out.text(oci::name_of(oci::kSeccompOperators, arg.op));
    }
}

}  // namespace

Sha256::Digest cache_key(const oci::Seccomp& profile, std::string_view kernel_release) {
    constexpr std::size_t kUsualSize = std::size_t{16} << 10U;
    Canonical out(kUsualSize);
    out.number(kVersion);
    out.text(libseccomp_version());
    out.text(kernel_release);
    out.number(seccomp_arch_native());
    out.number(static_cast<std::uint64_t>(profile.default_action));
    out.number(action_value(profile.default_action, profile.default_errno_ret));
    out.number(profile.architectures.size());
    for (oci::SeccompArch arch : profile.architectures) out.text(name_of(arch));
    out.number(profile.syscalls.size());
    for (const oci::SeccompRule& rule : profile.syscalls) write_rule(out, rule);
    Sha256 hash;
    hash.update(out.bytes());
    return hash.finish();
}

std::string encode_entry(const Sha256::Digest& key, const Filter& filter) {
    std::string names;
    for (const std::string& name : filter.unknown_syscalls) names.append(name).push_back('\0');
    Header header;
    header.key = key;
    header.instructions = static_cast<std::uint32_t>(filter.instructions.size());
    header.names = static_cast<std::uint32_t>(names.size());

    std::string content(sizeof(Header), '\0');
    content.append(reinterpret_cast<const char*>(filter.instructions.data()),
                   filter.instructions.size() * sizeof(Instruction));
    content += names;
    // The checksum covers the rest of the header.
    std::memcpy(content.data(), &header, sizeof(header));
    header.checksum = checksum(std::string_view(content).substr(kChecked));
    std::memcpy(content.data(), &header, sizeof(header));
    return content;
}

std::optional<Filter> decode_entry(const Sha256::Digest& key, std::string_view content) {
    Header header;
    if (content.size() < sizeof(header)) return std::nullopt;
    std::memcpy(&header, content.data(), sizeof(header));
    const std::size_t code_bytes = std::size_t{header.instructions} * sizeof(Instruction);
    if (header.magic != kMagic || header.key != key || header.instructions == 0 ||
        header.instructions > kMaxInstructions ||
        content.size() != sizeof(header) + code_bytes + header.names ||
        header.checksum != checksum(content.substr(kChecked)))
        return std::nullopt;

    Filter filter;
    filter.instructions.resize(header.instructions);
    std::memcpy(filter.instructions.data(), content.data() + sizeof(header), code_bytes);
    std::string_view names = content.substr(sizeof(header) + code_bytes);
    while (!names.empty()) {
        const std::size_t end = names.find('\0');
        if (end == std::string_view::npos) return std::nullopt;
        filter.unknown_syscalls.emplace_back(names.substr(0, end));
        names.remove_prefix(end + 1);
    }
    return filter;
}

}  // namespace crux::seccomp
