#pragma once

#include <string>
#include <vector>

#include "cmd/crux/command.h"
#include "cmd/crux/creation.h"
#include "runtime/base/error.h"

namespace crux::cmd {

/// crun's flag of delete and kill.
inline constexpr Flag kRegexFlag = {
    .name = "regex",
    .letters = "r",
    .help = "take the ID for a regular expression, and every container whose ID matches it",
};

/// The IDs that the command is about: its first argument, or with --regex all that match it as a
/// POSIX extended regular expression (regex(7)), which need not match from the first character to
/// the last; none is not an error.
Result<std::vector<std::string>> chosen_ids(const Call& call);

/// Calls the operation for each of them. If it fails for one, the others are still tried; the last
/// error is returned, and the earlier ones are printed.
template <class Operation>
Status for_each_chosen(Call& call, const Operation& operation) {
    const bool is_one = !call.options.on("regex");
    Status result;
    for (const std::string& id : TRY(chosen_ids(call))) {
        Status done = operation(context_of(call, id));
        if (done) continue;
        if (!result) aside(result.error().message());
        result = is_one ? std::move(done) : std::move(done).during(id);
    }
    return result;
}

}  // namespace crux::cmd
