// What the survey parses from the text of files.

#include "runtime/base/text.h"
#include "runtime/host/survey.h"

namespace crux::host {

std::string user_name(std::string_view passwd, std::uint32_t uid) {
    const std::string number = cat(uid);
    for (const std::string_view line : split(passwd, '\n')) {
        const std::vector<std::string_view> fields = split(line, ':');
        if (fields.size() > 2 && fields[2] == number) return std::string(fields[0]);
    }
    return {};
}

std::uint64_t subordinate_ids(std::string_view text, std::string_view user, std::uint32_t uid) {
    const std::string number = cat(uid);
    std::uint64_t sum = 0;
    for (const std::string_view line : split(text, '\n')) {
        const std::vector<std::string_view> fields = split(line, ':');
        if (fields.size() != 3) continue;
        const bool ours = fields[0] == number || (!user.empty() && fields[0] == user);
        if (ours) sum += to_number<std::uint32_t>(trimmed(fields[2])).value_or(0);
    }
    return sum;
}

std::vector<std::string> enabled_controllers(std::string_view text) {
    std::vector<std::string> out;
    for (const std::string_view line : split(text, '\n')) {
        // Fields: name, hierarchy ID, number of cgroups, enabled (proc(5)).
        const std::vector<std::string_view> fields = split(line, '\t');
        if (fields.size() == 4 && fields[3] == "1") out.emplace_back(fields[0]);
    }
    return out;
}

}  // namespace crux::host
