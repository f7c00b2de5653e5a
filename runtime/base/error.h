#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace crux {

/// A failed system call: the call's name (a string literal) and its errno. Created by sys, two
/// words wide, allocates nothing.
struct Errno {
    const char* call = "";
    int value = 0;
};

/// Go's lower-case text for an errno value ("no such file or directory"), which callers match
/// case-sensitively; "errno N" for a value without a text.
std::string errno_words(int value);

/// What failed, for programs that read the log (docs/errors.md). A word never gets another meaning.
/// Each Error::Kind has one; the others are more exact, and replace that of their kind.
enum class Reason : std::uint8_t {
    usage,
    config,
    state,
    unsupported,
    system,
    process,
    not_found,
    exists,
    busy,
    program_not_found,
    program_not_executable,
    hook,
    seccomp,
    out_of_memory,
    count_,
};

/// What is told of a reason.
struct ReasonInfo {
    Reason reason;
    std::string_view word;   ///< "not-found"
    std::string_view phase;  ///< what crux was doing: "configuration"
    std::string_view hint;   ///< what the user can do; empty if the message says it all
};

/// The row of docs/errors.md.
const ReasonInfo& reason_info(Reason reason);

/// Why an operation failed, and the property of config.json it is about. Used on the host's side
/// only; one pointer wide.
class [[nodiscard]] Error {
 public:
    /// The kind of failure. It decides the exit status and nothing else.
    enum class Kind : std::uint8_t {
        usage,        ///< the command line is wrong
        spec,         ///< config.json (or another input document) is wrong
        state,        ///< the container does not exist, exists already, or is in the wrong state
        unsupported,  ///< this build or this host does not support the request
        os,           ///< a system call failed
        protocol,     ///< init, or another process of crux, exited early or sent an invalid message
    };

    Error(Kind kind, std::string text);
    /// Converts a system error: "open: no such file or directory".
    Error(Errno cause);  // NOLINT(google-explicit-constructor): so that TRY converts it

    /// Puts "what: " in front. Called while the error is returned to the caller, by each function
    /// that can add context.
    Error&& during(std::string_view what) &&;
    /// Adds the JSON pointer of the property in config.json. The innermost pointer wins: a later
    /// one is dropped.
    Error&& at(std::string_view json_pointer) &&;
    /// Replaces the reason that its kind has. The innermost one wins: a later one is dropped.
    Error&& as(Reason reason) &&;
    /// Says which system call failed with which errno in the process that reports it. The name must
    /// live as long as the program.
    Error&& of_call(std::string_view call, int number) &&;

    [[nodiscard]] Kind kind() const;
    [[nodiscard]] Reason reason() const;
    /// The errno of a call of this process, or 0.
    [[nodiscard]] int code() const;
    /// The system call that failed and its errno, in this process or in the one that reports it;
    /// empty and 0 if it was none.
    [[nodiscard]] std::string_view failed_call() const;
    [[nodiscard]] int number() const;
    /// What was added by during(), the first one first, and at the end the cause itself.
    [[nodiscard]] std::vector<std::string> causes() const;
    /// The JSON pointer, or empty.
    [[nodiscard]] const std::string& pointer() const;
    /// The message without the JSON pointer.
    [[nodiscard]] const std::string& text() const;
    /// The whole message: the text, then " (config.json: /pointer)" if there is a pointer.
    [[nodiscard]] std::string message() const;

 private:
    struct Body {
        Kind kind{};
        int code = 0;
        std::string pointer;
        std::string text;
        Reason reason{};
        std::string_view call;
        int number = 0;
        std::vector<std::size_t> lengths;  ///< of what during() added, the innermost first
    };
    std::unique_ptr<Body> body_;
};

/// A value, or the error that explains why there is none. Ignoring one is a compiler warning.
template <class T, class E = Error>
class [[nodiscard]] Result : public std::expected<T, E> {
 public:
    using std::expected<T, E>::expected;

    /// Adds context to a failure; converts an Errno to an Error.
    Result<T, Error> during(std::string_view what) && {
        if (this->has_value()) return std::move(*this).lift();
        return std::unexpected(Error(std::move(this->error())).during(what));
    }
    /// Adds the JSON pointer to a failure; converts an Errno to an Error.
    Result<T, Error> at(std::string_view json_pointer) && {
        if (this->has_value()) return std::move(*this).lift();
        return std::unexpected(Error(std::move(this->error())).at(json_pointer));
    }

 private:
    Result<T, Error> lift() && {
        if constexpr (std::is_void_v<T>)
            return {};
        else
            return std::move(**this);
    }
};

using Status = Result<void>;

/// A failure of the given kind, as a value to return.
inline std::unexpected<Error> fail(Error::Kind kind, std::string text) {
    return std::unexpected(Error(kind, std::move(text)));
}

}  // namespace crux

/// The value of a Result; returns its failure from the enclosing function. One per line.
#define TRY(...)                                                         \
    __extension__({                                                      \
        auto crux_try_result_ = (__VA_ARGS__);                           \
        if (!crux_try_result_.has_value())                               \
            return std::unexpected(std::move(crux_try_result_).error()); \
        ::crux::detail::take(std::move(crux_try_result_));               \
    })

namespace crux::detail {
template <class T, class E>
T take(Result<T, E>&& result) {
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}
}  // namespace crux::detail
