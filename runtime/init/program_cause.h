#pragma once

#include <cstddef>
#include <cstdint>

namespace crux::init {

/// Room for the longest text of cause_of: two quoted names of at most 255 bytes.
constexpr std::size_t kCauseMax = 1280;

/// What is done with the descriptors that the search opens: a process that ends next need not close
/// them, and its seccomp filter may not allow it to.
enum class Descriptors : std::uint8_t { keep, close };

/// Looks at the file of a program that execve(2) has refused with this errno, at its interpreter
/// and at its dynamic loader. Writes what is wrong with them, in parentheses and with a space in
/// front: ` (the interpreter "/bin/bash" does not exist)`; an empty text if they do not tell. Never
/// blocks on a FIFO and opens no device. Makes no other calls than openat, statx, faccessat and
/// pread64 (and close, for Descriptors::close).
void cause_of(const char* program, int error, Descriptors descriptors, char (&out)[kCauseMax]);

}  // namespace crux::init
