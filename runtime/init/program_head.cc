#include "runtime/init/program_head.h"

namespace crux::init {

namespace {

// elf(5)
constexpr std::size_t kClass = 4;
constexpr std::size_t kData = 5;
constexpr std::size_t kVersion = 6;
constexpr std::size_t kType = 16;
constexpr std::size_t kMachine = 18;
constexpr std::size_t kHeader32 = 52;
constexpr std::size_t kHeader64 = 64;
constexpr std::size_t kProgramHeader32 = 32;
constexpr std::uint64_t kInterp = 3;  // PT_INTERP

/// e_machine
enum Machine : std::uint16_t {
    kM68k = 4,
    kI386 = 3,
    kMips = 8,
    kParisc = 15,
    kPowerPc = 20,
    kPowerPc64 = 21,
    kS390 = 22,
    kArm = 40,
    kSh = 42,
    kSparc64 = 43,
    kX86_64 = 62,
    kAarch64 = 183,
    kRiscv = 243,
    kLoongarch = 258,
};

#if defined(__x86_64__)
constexpr Machine kNative = kX86_64;
constexpr Machine kOlder = kI386;
#elif defined(__aarch64__)
constexpr Machine kNative = kAarch64;
constexpr Machine kOlder = kArm;
#else
constexpr Machine kNative = kRiscv;
constexpr Machine kOlder = kRiscv;
#endif

/// A number of `size` bytes; the caller has checked that they are there.
std::uint64_t number_at(const char* bytes, std::size_t size, bool is_big_endian) {
    std::uint64_t number = 0;
    for (std::size_t at = 0; at < size; ++at) {
        const auto byte = static_cast<unsigned char>(bytes[is_big_endian ? at : size - 1 - at]);
        number = number << 8U | byte;
    }
    return number;
}

bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

/// The line of "#!". The kernel replaces what is behind the end of a short file by NUL, and takes
/// a name that reaches the end of the head for one that is cut off.
ProgramHead read_script(const char* bytes, std::size_t length) {
    ProgramHead head{.format = Format::unnamed_script};
    constexpr std::size_t kMark = 2;
    std::size_t end = kMark;
    while (end < length && bytes[end] != '\n') ++end;
    std::size_t name = kMark;
    while (name < end && is_blank(bytes[name])) ++name;
    std::size_t last = name;
    while (last < end && !is_blank(bytes[last]) && bytes[last] != 0) ++last;
    if (last == name || last == kHeadSize) return head;
    head.format = Format::script;
    head.name = name;
    head.name_length = last - name;
    return head;
}

ProgramHead read_elf(const char* bytes, std::size_t length) {
    ProgramHead head{.format = Format::damaged_elf};
    if (length < kHeader32) return head;
    const char size = bytes[kClass];
    const char order = bytes[kData];
    if ((size != 1 && size != 2) || (order != 1 && order != 2) || bytes[kVersion] != 1) return head;
    head.is_64 = size == 2;
    head.is_big_endian = order == 2;
    if (head.is_64 && length < kHeader64) return head;
    const auto number = [&](std::size_t at, std::size_t bytes_of_it) {
        return number_at(bytes + at, bytes_of_it, head.is_big_endian);
    };
    head.format = Format::elf;
    head.type = static_cast<std::uint16_t>(number(kType, 2));
    head.machine = static_cast<std::uint16_t>(number(kMachine, 2));
    head.headers = head.is_64 ? number(32, 8) : number(28, 4);
    const std::uint64_t header_size = number(head.is_64 ? 54 : 42, 2);
    const std::uint64_t count = number(head.is_64 ? 56 : 44, 2);
    if (header_size == (head.is_64 ? kHeaderSize : kProgramHeader32))
        head.header_count = static_cast<std::uint16_t>(count);
    return head;
}

bool starts_with(const char* bytes, std::size_t length, const char* text, std::size_t count) {
    if (length < count) return false;
    for (std::size_t at = 0; at < count; ++at)
        if (bytes[at] != text[at]) return false;
    return true;
}

}  // namespace

ProgramHead read_head(const char* bytes, std::size_t length) {
    if (length == 0) return {.format = Format::empty};
    if (starts_with(bytes, length, "#!", 2)) return read_script(bytes, length);
    if (starts_with(bytes, length, "\177ELF", 4)) return read_elf(bytes, length);
    if (starts_with(bytes, length, "\xef\xbb\xbf#!", 5)) return {.format = Format::marked_script};
    return {};
}

std::size_t headers_size(const ProgramHead& head) {
    if (head.header_count > kMostHeaders) return 0;
    return head.header_count * (head.is_64 ? kHeaderSize : kProgramHeader32);
}

LoaderName find_loader(const ProgramHead& head, const char* headers, std::size_t length) {
    const std::size_t size = head.is_64 ? kHeaderSize : kProgramHeader32;
    for (std::size_t at = 0; at + size <= length; at += size) {
        const auto number = [&](std::size_t place, std::size_t bytes) {
            return number_at(headers + at + place, bytes, head.is_big_endian);
        };
        if (number(0, 4) != kInterp) continue;
        return head.is_64 ? LoaderName{number(8, 8), number(32, 8)}
                          : LoaderName{number(4, 4), number(16, 4)};
    }
    return {};
}

Fit fit_of(const ProgramHead& head) {
    if (head.is_big_endian) return Fit::foreign;
    if (head.machine == kNative && head.is_64) return Fit::native;
    return head.machine == kOlder && !head.is_64 ? Fit::compatible : Fit::foreign;
}

const char* processor_of(const ProgramHead& head) {
    switch (head.machine) {
        case kI386:
            return "i386";
        case kM68k:
            return "m68k";
        case kMips:
            return head.is_64 ? "mips64" : "mips";
        case kParisc:
            return "parisc";
        case kPowerPc:
            return "ppc";
        case kPowerPc64:
            return head.is_big_endian ? "ppc64" : "ppc64le";
        case kS390:
            return head.is_64 ? "s390x" : "s390";
        case kArm:
            return "arm";
        case kSh:
            return "sh";
        case kSparc64:
            return "sparc64";
        case kX86_64:
            return head.is_64 ? "x86_64" : "x32";
        case kAarch64:
            return "aarch64";
        case kRiscv:
            return head.is_64 ? "riscv64" : "riscv32";
        case kLoongarch:
            return head.is_64 ? "loongarch64" : "loongarch32";
        default:
            return nullptr;
    }
}

const char* native_processor() {
    return processor_of({.machine = kNative, .is_64 = true});
}

}  // namespace crux::init
