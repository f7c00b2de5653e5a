#pragma once

#include <cstdint>
#include <string_view>

#include "runtime/base/error.h"

namespace crux::cmd {

/// The user of exec --user.
struct ExecUser {
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
};

/// "UID" or "UID:GID", both in decimal. Names are refused: only files in the container could
/// resolve them. Errors are "bad uid: …" and "bad gid: …".
Result<ExecUser> parse_user(std::string_view text);

/// One value of exec --additional-gids.
Result<std::uint32_t> parse_additional_gid(std::string_view text);

}  // namespace crux::cmd
