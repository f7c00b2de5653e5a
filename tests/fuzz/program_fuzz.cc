// The file of a program that was not executed, as init reads it: the name of the interpreter is
// inside the head, and what is said of any file is empty or one printable text in parentheses.

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>

#include "runtime/base/text.h"
#include "runtime/init/program_cause.h"
#include "runtime/init/program_head.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace crux;

void check_head(std::string_view text) {
    const std::size_t length = std::min(text.size(), init::kHeadSize);
    // Of exactly this size, so that a byte too many is seen.
    const auto bytes = std::make_unique<char[]>(length);
    std::copy_n(text.data(), length, bytes.get());
    const init::ProgramHead head = init::read_head(bytes.get(), length);
    if (head.format == init::Format::script) {
        hold(head.name_length != 0 && head.name + head.name_length <= length);
        hold(text.substr(head.name, head.name_length).find_first_of(" \t\n") ==
             std::string_view::npos);
    }
    if (head.format != init::Format::elf) return;
    const std::size_t size = std::min(init::headers_size(head), text.size() - length);
    const auto headers = std::make_unique<char[]>(size);
    std::copy_n(text.data() + length, size, headers.get());
    (void)init::find_loader(head, headers.get(), size);
    hold(init::fit_of(head) == init::Fit::foreign || init::processor_of(head) != nullptr);
}

void check_cause(const char* path, int error) {
    char cause[init::kCauseMax];
    init::cause_of(path, error, init::Descriptors::close, cause);
    const std::string_view told = cause;
    hold(told.empty() || (told.starts_with(" (") && told.ends_with(')')));
    hold(std::ranges::all_of(told, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte >= 0x20 && byte != 0x7f;
    }));
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string_view text = text_of(bytes, size);
    check_head(text);
    const int file = ::memfd_create("program", MFD_CLOEXEC);
    hold(file >= 0);
    hold(::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    const std::string path = cat("/proc/self/fd/", file);
    for (const int error : {ENOENT, EACCES, ENOEXEC, ELOOP, ELIBBAD})
        check_cause(path.c_str(), error);
    ::close(file);
    return 0;
}
