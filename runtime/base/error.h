#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace crux {

/// A failed system call: the call's name (a string literal) and the errno it left. Made by sys,
/// two words wide, allocates nothing.
struct Errno {
    const char* call = "";
    int value = 0;
};

/// Go's lower-case words for an errno value ("no such file or directory"), which callers of a
/// runtime match case-sensitively; "errno N" for a value that has none.
std::string errno_words(int value);

/// Why an operation failed, with its place. Made on the host's side only, and one pointer wide.
class [[nodiscard]] Error {
 public:
    /// What kind of failure it is. Decides the exit code and nothing else.
    enum class Kind : std::uint8_t {
        usage,        ///< the command line is wrong
        spec,         ///< config.json (or another input document) is wrong
        state,        ///< the container does not exist, exists already, or is in the wrong state
        unsupported,  ///< this build or this host cannot do what was asked
        os,           ///< the kernel refused
        protocol,     ///< a process of ours answered nonsense or died
    };

    Error(Kind kind, std::string text);
    /// Lifts a system error: "open: no such file or directory".
    Error(Errno cause);  // NOLINT(google-explicit-constructor): so that TRY lifts it

    /// Puts "what: " in front. Called as the error travels up, by whoever knows something new.
    Error&& during(std::string_view what) &&;
    /// Names the place in config.json. The innermost pointer wins: a later one is dropped.
    Error&& at(std::string_view json_pointer) &&;

    [[nodiscard]] Kind kind() const;
    /// The errno behind it, or 0.
    [[nodiscard]] int code() const;
    /// The JSON pointer, or empty.
    [[nodiscard]] const std::string& pointer() const;
    /// The sentence without its place.
    [[nodiscard]] const std::string& text() const;
    /// The whole sentence: the text, then " (config.json: /pointer)" where there is one.
    [[nodiscard]] std::string message() const;

 private:
    struct Body {
        Kind kind;
        int code = 0;
        std::string pointer;
        std::string text;
    };
    std::unique_ptr<Body> body_;
};

/// A value or the reason why there is none. Not using one is a compiler warning.
template <class T, class E = Error>
class [[nodiscard]] Result : public std::expected<T, E> {
 public:
    using std::expected<T, E>::expected;

    /// Adds context to a failure, lifting an Errno to an Error on the way.
    Result<T, Error> during(std::string_view what) && {
        if (this->has_value()) return std::move(*this).lift();
        return std::unexpected(Error(std::move(this->error())).during(what));
    }
    /// Names the place in config.json of a failure, lifting an Errno on the way.
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

/// The value of a Result, or return its failure from the enclosing function. One to a line.
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
