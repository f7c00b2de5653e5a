// A process (exec --process): an invalid one is an error with a message, and each error has a place
// that starts with a slash or is the whole document.

#include "oci-spec/config.h"
#include "oci-spec/rules.h"
#include "runtime/base/text.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace crux;
    oci::ParsedProcess parsed = oci::parse_process(text_of(bytes, size));
    parsed.diagnostics.append_independent(oci::check_process(parsed.process, parsed.diagnostics));
    hold(parsed.diagnostics.all().size() <= 2 * oci::Diagnostics::kMost);
    for (const oci::Diagnostic& one : parsed.diagnostics.all())
        hold(one.pointer.empty() || one.pointer.starts_with('/'));
    if (parsed.diagnostics.has_errors()) {
        const std::string message = parsed.diagnostics.to_error().message();
        hold(!message.empty() && message.size() <= 2 * kMessageMax);
        return 0;
    }
    hold(!parsed.process.args.empty());
    hold(parsed.process.cwd.starts_with('/'));
    return 0;
}
