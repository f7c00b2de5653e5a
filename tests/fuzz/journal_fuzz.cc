// The journal of a container: an invalid one is an error; of a valid one, every path is absolute
// and without "..", and the content, written and read again, is the same. The cgroup of each is
// opened as delete opens it, which ends.

#include "runtime/launch/journal.h"

#include <algorithm>

#include "runtime/cgroup/group.h"
#include "tests/fuzz/fuzz.h"

namespace {

void hold_path(const std::string& path) {
    hold(path.starts_with('/') && path.find('\0') == std::string::npos);
    hold((path + '/').find("/../") == std::string::npos);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace crux::launch;
    auto content = parse_journal(text_of(bytes, size));
    if (!content) {
        hold(!content.error().message().empty());
        return 0;
    }
    std::ranges::for_each(content->ancestors, hold_path);
    std::ranges::for_each(content->directories, hold_path);
    for (const auto& place : content->cgroup) hold_path(place.directory());
    std::string once = journal_lines(content->cgroup, content->ancestors);
    if (content->unit) once += journal_line(*content->unit);
    if (content->mount) once += journal_line(*content->mount);
    const auto again = parse_journal(once);
    hold(again.has_value());
    hold(again->cgroup == content->cgroup);
    hold(again->ancestors == content->ancestors);
    hold(again->unit == content->unit);
    hold(again->mount == content->mount);
    (void)crux::cgroup::Group::open(std::move(content->cgroup));
    return 0;
}
