#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/error.h"

namespace crux::oci {

/// A document with an error is rejected; warnings do not reject it.
enum class Severity : std::uint8_t { error, warning };

/// One error or warning about a document: its place as a JSON pointer (RFC 6901; empty for the
/// whole document) and a text without the place, lower case, no full stop.
struct Diagnostic {
    Severity severity = Severity::error;
    std::string pointer;
    std::string text;
    /// A warning about what every runtime accepts without a word: create, run and exec report it
    /// at the level info only.
    bool quiet = false;
    bool operator==(const Diagnostic&) const = default;
};

/// "/mounts/1/destination: is required".
std::string describe(const Diagnostic& diagnostic);

/// The errors and warnings about a document, in the order in which they were found. Of each
/// severity only the first kMost are kept, and each is shortened to kMessageMax bytes, so that a
/// document cannot make crux use much more memory than it has itself; the others are counted.
class Diagnostics {
 public:
    static constexpr std::size_t kMost = 500;

    /// Whether another one would be kept. If not, the texts are not used and
    /// may be empty.
    [[nodiscard]] bool has_room(Severity severity) const {
        return (severity == Severity::error ? errors_ : warnings_) < kMost;
    }
    void error(std::string pointer, std::string text);
    void warn(std::string pointer, std::string text);
    /// A quiet warning.
    void note(std::string pointer, std::string text);
    void append(Diagnostics&& others);
    /// Appends the others, except those at or below a place that already has an error, and those in
    /// an (outermost) array element that has one: they would be about values that were not read.
    void append_independent(Diagnostics&& others);

    /// The same errors and warnings with the pointer prepended to their pointers.
    [[nodiscard]] Diagnostics below(std::string_view pointer) &&;

    [[nodiscard]] const std::vector<Diagnostic>& all() const { return all_; }
    [[nodiscard]] std::vector<Diagnostic> errors() const;
    [[nodiscard]] std::vector<Diagnostic> warnings() const;
    /// Whether there is an error at the place or above it.
    [[nodiscard]] bool has_error_above(std::string_view pointer) const;
    /// Whether there is an error at the place or below it.
    [[nodiscard]] bool has_error_below(std::string_view pointer) const;
    [[nodiscard]] bool has_errors() const { return errors_ > 0; }

    /// All errors as one Error of kind spec: a single one keeps its pointer, several are listed
    /// with their pointers, in at most kMessageMax bytes. Must only be called if has_errors().
    [[nodiscard]] Error to_error() const;

 private:
    void add(Diagnostic&& one);

    std::vector<Diagnostic> all_;
    std::size_t errors_ = 0;
    std::size_t warnings_ = 0;
};

/// A warning that is quiet if the condition holds.
void note_or_warn(bool quiet, std::string pointer, std::string text, Diagnostics& out);

/// The key as one reference token of a JSON pointer, with its slash: "~" and "/" are escaped.
std::string pointer_token(std::string_view key);

}  // namespace crux::oci
