// The journal of a container: its content, written and read again, is the same.

#include "runtime/launch/journal.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace crux::launch;
    const Journal::Content content = parse_journal(text_of(bytes, size));
    std::string once = journal_lines(content.cgroup, content.ancestors);
    if (content.unit) once += journal_line(*content.unit);
    if (content.mount) once += journal_line(*content.mount);
    const Journal::Content again = parse_journal(once);
    hold(again.cgroup == content.cgroup);
    hold(again.ancestors == content.ancestors);
    hold(again.unit == content.unit);
    hold(again.mount == content.mount);
    return 0;
}
