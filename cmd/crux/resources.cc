#include "cmd/crux/resources.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <limits>
#include <optional>

#include "cmd/crux/sizes.h"
#include "oci-spec/config.h"
#include "runtime/base/text.h"

namespace crux::cmd {

namespace {

std::unexpected<Error> wrong(std::string_view name, std::string_view why) {
    return fail(Error::Kind::usage, cat("invalid value for ", name, ": ", why));
}

/// A number in decimal; nullopt if the flag is empty.
template <class Number>
Result<std::optional<Number>> number_of(const Options& given, std::string_view name) {
    const std::string& text = given.text(name);
    if (text.empty()) return std::optional<Number>();
    const auto number = to_number<Number>(text);
    if (!number) return wrong(name, cat(quoted(text), " is not a number in the allowed range"));
    return number;
}

/// A size, or -1; nullopt if the flag is empty.
Result<std::optional<std::int64_t>> size_of(const Options& given, std::string_view name) {
    const std::string& text = given.text(name);
    if (text.empty()) return std::optional<std::int64_t>();
    if (text == "-1") return std::optional<std::int64_t>(-1);
    const auto size = parse_size(text);
    if (!size) return wrong(name, size.error().message());
    return std::optional(*size);
}

Status take_cpu(const Options& given, oci::CpuResources& cpu) {
    cpu.cpus = given.text("cpuset-cpus");
    cpu.mems = given.text("cpuset-mems");
    cpu.idle = TRY(number_of<std::int64_t>(given, "cpu-idle"));
    cpu.burst = TRY(number_of<std::uint64_t>(given, "cpu-burst"));
    cpu.period = TRY(number_of<std::uint64_t>(given, "cpu-period"));
    cpu.realtime_period = TRY(number_of<std::uint64_t>(given, "cpu-rt-period"));
    cpu.shares = TRY(number_of<std::uint64_t>(given, "cpu-share"));
    cpu.quota = TRY(number_of<std::int64_t>(given, "cpu-quota"));
    cpu.realtime_runtime = TRY(number_of<std::int64_t>(given, "cpu-rt-runtime"));
    return {};
}

Status take_memory(const Options& given, oci::MemoryResources& memory) {
    memory.limit = TRY(size_of(given, "memory"));
    memory.swap = TRY(size_of(given, "memory-swap"));
    memory.reservation = TRY(size_of(given, "memory-reservation"));
    TRY(size_of(given, "kernel-memory"));
    TRY(size_of(given, "kernel-memory-tcp"));
    return {};
}

Status take_weight(const Options& given, oci::BlockIoResources& io) {
    const std::int64_t weight = given.number("blkio-weight");
    if (weight == 0) return {};
    if (weight < 0 || weight > std::numeric_limits<std::uint16_t>::max())
        return wrong("blkio-weight", cat("must be from 10 to 1000, not ", weight));
    io.weight = static_cast<std::uint16_t>(weight);
    return {};
}

/// The contents of a file of unknown size; "-" is standard input.
Result<std::string> read_document(const std::string& path) {
    const bool is_input = path == "-";
    const int file = is_input ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return fail(Error::Kind::os, cat("open ", path, ": ", errno_words(errno)));
    std::string text;
    char buffer[4096];
    ssize_t length = 0;
    while ((length = ::read(file, buffer, sizeof buffer)) != 0) {
        if (length < 0 && errno == EINTR) continue;
        if (length < 0) break;
        text.append(buffer, static_cast<std::size_t>(length));
    }
    const int error = errno;
    if (!is_input) ::close(file);
    if (length < 0) return fail(Error::Kind::os, cat("read ", path, ": ", errno_words(error)));
    return text;
}

Result<oci::Resources> read_resources(const std::string& path) {
    const std::string text = TRY(read_document(path));
    oci::ParsedResources parsed = oci::parse_resources(text);
    if (parsed.diagnostics.has_errors())
        return std::unexpected(parsed.diagnostics.to_error().during("resources"));
    return std::move(parsed.resources);
}

}  // namespace

Result<oci::Resources> take_resources(const Options& given, std::vector<std::string>& warnings) {
    oci::Resources resources;
    if (!given.text("resources").empty()) {
        resources = TRY(read_resources(given.text("resources")));
    } else {
        TRY(take_cpu(given, resources.cpu));
        TRY(take_memory(given, resources.memory));
        TRY(take_weight(given, resources.block_io));
        if (given.given("pids-limit")) resources.pids.limit = given.number("pids-limit");
    }
    const bool names_kernel =
        !given.text("kernel-memory").empty() || !given.text("kernel-memory-tcp").empty();
    if (names_kernel || resources.memory.kernel || resources.memory.kernel_tcp)
        warnings.emplace_back("Kernel memory settings are ignored and will be removed");
    resources.memory.kernel.reset();
    resources.memory.kernel_tcp.reset();
    return resources;
}

}  // namespace crux::cmd
