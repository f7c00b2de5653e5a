#include "cmd/crux/exec_options.h"

#include "runtime/base/text.h"

namespace crux::cmd {

namespace {

Result<std::uint32_t> parse_id(std::string_view text, std::string_view what) {
    // The greatest number is (uid_t)-1, which means "no change" to setresuid(2).
    constexpr std::uint32_t kNoId = 0xffff'ffff;
    const auto id = to_number<std::uint32_t>(text);
    if (id && *id != kNoId) return *id;
    return fail(Error::Kind::usage,
                cat("bad ", what, ": ", quoted(text), " is not a number from 0 to ", kNoId - 1));
}

}  // namespace

Result<ExecUser> parse_user(std::string_view text) {
    ExecUser user;
    const std::size_t colon = text.find(':');
    user.uid = TRY(parse_id(text.substr(0, colon), "uid"));
    if (colon != std::string_view::npos) user.gid = TRY(parse_id(text.substr(colon + 1), "gid"));
    return user;
}

Result<std::uint32_t> parse_additional_gid(std::string_view text) {
    if (const auto number = to_number<std::int64_t>(text); number && *number < 0)
        return fail(Error::Kind::usage, cat("additional-gids must be a positive number ", *number));
    return parse_id(text, "additional gid");
}

}  // namespace crux::cmd
