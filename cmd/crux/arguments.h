#pragma once

#include <span>
#include <string>
#include <vector>

#include "cmd/crux/flag.h"
#include "runtime/base/error.h"

namespace crux::cmd {

/// A command line in the only form that the option library gets.
struct Normalised {
    std::vector<std::string> flags;      ///< each "--name=value": long names, canonical values
    std::vector<std::string> arguments;  ///< what is not a flag, in order
    bool help = false;                   ///< --help was given
};

/// Parses the words as Go's flag package does, because callers are written for runc: one dash or
/// two, values after "=" or as the next word (whatever that word is), switches as
/// --flag=true|false|1|0|t|f|T|F|TRUE|…, "--" ends the flags, a single "-" is an argument, letters
/// are not combined. Fails with kind usage and the error messages of that package.
Result<Normalised> normalise(std::span<const Flag> flags, std::span<const char* const> words,
                             Order order);

}  // namespace crux::cmd
