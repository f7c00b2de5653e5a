#pragma once

#include <cstdint>
#include <string_view>

#include "runtime/base/error.h"

namespace crux::cmd {

/// Whom exec --user names.
struct ExecUser {
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
};

/// "UID" or "UID:GID", both in decimal; names need the container's files and are not for us to look
/// up. "bad uid: …" or "bad gid: …".
Result<ExecUser> parse_user(std::string_view text);

/// One value of exec --additional-gids.
Result<std::uint32_t> parse_additional_gid(std::string_view text);

}  // namespace crux::cmd
