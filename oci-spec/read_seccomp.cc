#include "oci-spec/parsers.h"

namespace crux::oci {

namespace {

SeccompArg read_arg(const Reader& r) {
    return {
        .index = r["index"].required_number<std::uint32_t>(),
        .value = r["value"].required_number<std::uint64_t>(),
        .value_two = r["valueTwo"].number<std::uint64_t>(),
        .op = r["op"].required_word(kSeccompOperators, "seccomp operator"),
    };
}

SeccompRule read_rule(const Reader& r) {
    return {
        .names = r["names"].strings(),
        .action = r["action"].required_word(kSeccompActions, "seccomp action"),
        .errno_ret = r["errnoRet"].optional_number<std::uint32_t>(),
        .args = r["args"].objects(read_arg),
    };
}

}  // namespace

Seccomp read_seccomp(const Reader& r) {
    const Reader flags = r["flags"];
    return {
        .default_action = r["defaultAction"].required_word(kSeccompActions, "seccomp action"),
        .default_errno_ret = r["defaultErrnoRet"].optional_number<std::uint32_t>(),
        .architectures = r["architectures"].words(kSeccompArchs, "seccomp architecture"),
        .flags = flags.present() ? std::optional(flags.words(kSeccompFlags, "seccomp flag"))
                                 : std::nullopt,
        .listener_path = r["listenerPath"].string(),
        .listener_metadata = r["listenerMetadata"].string(),
        .syscalls = r["syscalls"].objects(read_rule),
    };
}

}  // namespace crux::oci
