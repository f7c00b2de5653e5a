#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "runtime/base/error.h"
#include "runtime/network/address.h"

namespace crux::net {

enum class Verb { veth, move, check };

/// One end of what is made: a device's name and, perhaps, the address that it gets.
struct VethEnd {
    std::string name;
    std::vector<network::Address> addresses;
};

/// What the command line asks for.
struct Arguments {
    Verb verb = Verb::veth;
    VethEnd host;                ///< veth: the end that stays; move, check: the device to move
    VethEnd peer;                ///< veth: the end that goes; move, check: its name there
    pid_t pid = 0;               ///< whose network namespace it goes to, or
    std::string namespace_path;  ///< a path that holds the namespace
};

/// How to call the program, a line a verb.
extern const char* const kUsage;

/// Reads the words after the program's name; each fault is a usage error.
Result<Arguments> read_options(const std::vector<std::string>& words);

}  // namespace crux::net
