#include "runtime/cgroup/rollback.h"

#include "runtime/base/text.h"

namespace crux::cgroup {

namespace {

std::string_view first_word(std::string_view line) {
    return line.substr(0, line.find(' '));
}

/// The value that removes the limit of one key from a file.
std::string without_limit(std::string_view file, std::string_view key) {
    if (file == "io.max") return cat(key, " rbps=max wbps=max riops=max wiops=max");
    if (file == "rdma.max") return cat(key, " hca_handle=max hca_object=max");
    if (file.starts_with("blkio.throttle.")) return cat(key, " 0");
    return cat(key, " default");
}

/// The line of a weight file that applies to every device: "default 100", or the number alone.
std::string_view default_line(std::string_view content) {
    for (const std::string_view line : split(content, '\n'))
        if (line.starts_with("default ") || line.find(' ') == std::string_view::npos) return line;
    return {};
}

}  // namespace

std::optional<Setting> rollback_of(const Setting& setting, std::string_view content) {
    Setting undo = setting;
    undo.on_failure = OnFailure::warn;
    undo.when_absent = WhenAbsent::skip;
    // The order in which the kernel accepts two dependent values is reversed now.
    undo.again = true;
    const std::string_view text = trimmed(content);
    const std::size_t blank = setting.value.find(' ');
    if (setting.file == "memory.oom_control") {
        constexpr std::string_view kKey = "oom_kill_disable ";
        if (!text.starts_with(kKey)) return std::nullopt;
        undo.value = trimmed(text.substr(kKey.size(), 1));
        return undo;
    }
    const bool is_keyed = blank != std::string::npos && setting.file != "cpu.max" &&
                          !setting.value.starts_with("default ");
    if (!is_keyed) {
        const bool has_lines = text.find('\n') != std::string_view::npos;
        const bool is_weight = setting.file.find("weight") != std::string::npos;
        if (has_lines && !is_weight) return std::nullopt;
        undo.value = is_weight ? default_line(text) : text;
        if (undo.value.empty()) undo.value = "\n";
        return undo;
    }
    const std::string_view key = first_word(setting.value);
    undo.value = without_limit(setting.file, key);
    for (const std::string_view line : split(text, '\n'))
        if (first_word(line) == key) undo.value = line;
    return undo;
}

}  // namespace crux::cgroup
