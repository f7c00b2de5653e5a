#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/cgroup/files.h"
#include "runtime/cgroup/group.h"

namespace crux::cgroup {

namespace {

/// Writes settings, and keeps the last file open.
class Writer {
 public:
    Writer(sys::FdRef base, std::span<const std::string> names) : base_(base), names_(names) {}

    Result<void, Errno> write(const Setting& setting) {
        if (!file_ || dir_ != setting.dir || file_name_ != setting.file) {
            file_.reset();
            std::string name = cat(names_[setting.dir], "/", setting.file);
            file_ = TRY(sys::openat(base_, name, O_WRONLY));
            dir_ = setting.dir;
            file_name_ = setting.file;
        }
        // One write for each value: these files parse each write separately.
        std::size_t count = TRY(sys::write(file_, setting.value));
        if (count != setting.value.size()) return std::unexpected(Errno{"write", EIO});
        return {};
    }

 private:
    sys::FdRef base_;
    std::span<const std::string> names_;
    sys::Fd file_;
    std::uint32_t dir_ = 0;
    std::string file_name_;
};

bool was_absent(const Errno& error) {
    return error.value == ENOENT && std::string_view(error.call) == "open";
}

}  // namespace

Status Group::apply(const Limits& limits, std::vector<Warning>& warnings) {
    if (limits.memory_check) TRY(check_memory(*limits.memory_check));
    Writer writer(base_, names_);
    std::vector<const Setting*> again;
    bool skip_next = false;
    for (const Setting& setting : limits.settings) {
        bool skip = std::exchange(skip_next, false);
        if (skip) continue;
        auto written = writer.write(setting);
        skip_next = written.has_value() && setting.when_absent == WhenAbsent::fallback;
        if (written) continue;
        if (setting.again && written.error().value == EINVAL) {
            again.push_back(&setting);
            continue;
        }
        TRY(judge(setting, written.error(), warnings));
    }
    for (const Setting* setting : again) {
        auto written = writer.write(*setting);
        if (!written) TRY(judge(*setting, written.error(), warnings));
    }
    if (!limits.device_program) return {};
    Status loaded = load_program(*limits.device_program);
    if (!loaded && limits.device_program->on_failure == OnFailure::warn) {
        warnings.push_back({limits.device_program->origin, loaded.error().text()});
        return {};
    }
    return std::move(loaded).at(limits.device_program->origin);
}

Status Group::judge(const Setting& setting, Errno error, std::vector<Warning>& warnings) const {
    std::string file = path(setting.dir, setting.file);
    bool absent = was_absent(error);
    if (absent && setting.when_absent == WhenAbsent::skip) return {};
    if (absent && setting.when_absent == WhenAbsent::fallback) return {};
    if (absent && setting.when_absent == WhenAbsent::warn) {
        warnings.push_back(
            {setting.origin, cat("ignored: this kernel does not support ", setting.file)});
        return {};
    }
    Error failure = Error(error).during(cat("set ", file, " to ", quoted(setting.value)));
    if (error.value == EBUSY && setting.file == "memory.limit_in_bytes")
        failure = too_much_in_use(setting);
    if (setting.on_failure == OnFailure::warn) {
        warnings.push_back({setting.origin, failure.text()});
        return {};
    }
    return std::unexpected(std::move(failure).at(setting.origin));
}

Error Group::too_much_in_use(const Setting& setting) const {
    auto number = [&](std::string_view file) -> std::string {
        auto text = read_value(base_, name(setting.dir, file));
        return text ? std::string(trimmed(*text)) : "unknown";
    };
    return {Error::Kind::os, cat("unable to set memory limit to ", setting.value,
                                 " (current usage: ", number("memory.usage_in_bytes"),
                                 ", peak usage: ", number("memory.max_usage_in_bytes"), ")")};
}

Status Group::check_memory(const MemoryCheck& check) const {
    int dir = find_dir(dirs_, "memory", "memory");
    if (dir < 0) return {};
    auto text = read_value(base_, name(static_cast<std::uint32_t>(dir), "memory.current"));
    // Best effort: the usage counts as zero if it cannot be read.
    if (!text) return {};
    std::uint64_t usage = to_number<std::uint64_t>(trimmed(*text)).value_or(0);
    if (check.memory_and_swap > 0 && check.memory_and_swap <= usage)
        return fail(Error::Kind::state, cat("rejecting memory+swap limit ", check.memory_and_swap,
                                            " <= usage ", usage));
    if (check.limit > 0 && check.limit <= usage)
        return fail(Error::Kind::state,
                    cat("rejecting memory limit ", check.limit, " <= usage ", usage));
    return {};
}

}  // namespace crux::cgroup
