#include "oci-spec/parsers.h"

namespace crux::oci {

namespace {

Hook read_hook(const Reader& r) {
    const Reader env = r["env"];
    return {
        .path = r["path"].required_string(),
        .args = r["args"].strings(),
        .env = env.present() ? std::optional(env.strings()) : std::nullopt,
        .timeout = r["timeout"].optional_number<std::int64_t>(),
    };
}

}  // namespace

Hooks read_hooks(const Reader& r) {
    Hooks hooks;
    for (const auto& [name, list] : kHooks) hooks.*list = r[name].objects(read_hook);
    return hooks;
}

}  // namespace crux::oci
