#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "runtime/base/error.h"
#include "runtime/network/address.h"

namespace crux::net {

enum class Verb { veth, move, check };

/// One end of a veth pair: the device's name and its addresses.
struct VethEnd {
    std::string name;
    std::vector<network::Address> addresses;
};

/// The parsed command line.
struct Arguments {
    Verb verb = Verb::veth;
    VethEnd host;                ///< veth: the end that stays; move, check: the device to move
    VethEnd peer;                ///< veth: the end that is moved; move, check: the new name
    pid_t pid = 0;               ///< process in the target namespace, or 0
    std::string namespace_path;  ///< path of the target namespace, or empty
};

/// The usage text, one line per command.
extern const char* const kUsage;

/// Parses the words after the program's name; every failure is a usage error.
Result<Arguments> read_options(const std::vector<std::string>& words);

}  // namespace crux::net
