#include "cmd/crux/chosen.h"

#include <regex.h>

#include <cerrno>

#include "runtime/base/text.h"

namespace crux::cmd {

namespace {

/// A compiled regular expression.
class Pattern {
 public:
    Pattern() = default;
    ~Pattern() {
        if (compiled_) ::regfree(&expression_);
    }
    Pattern(const Pattern&) = delete;
    Pattern& operator=(const Pattern&) = delete;

    Status compile(const std::string& text) {
        const int error = ::regcomp(&expression_, text.c_str(), REG_EXTENDED | REG_NOSUB);
        compiled_ = error == 0;
        if (compiled_) return {};
        char words[128];
        ::regerror(error, &expression_, words, sizeof words);
        return fail(Error::Kind::usage,
                    cat("invalid regular expression ", quoted(text), ": ", words));
    }
    [[nodiscard]] bool matches(const std::string& text) const {
        return ::regexec(&expression_, text.c_str(), 0, nullptr, 0) == 0;
    }

 private:
    ::regex_t expression_{};
    bool compiled_ = false;
};

}  // namespace

Result<std::vector<std::string>> chosen_ids(const Call& call) {
    const std::string given(call.arguments[0]);
    if (!call.options.on("regex")) return std::vector{given};
    Pattern pattern;
    TRY(pattern.compile(given));
    auto all = container::ids(state_root_of(call));
    if (!all && all.error().code() == ENOENT) return std::vector<std::string>{};
    std::vector<std::string> chosen = TRY(std::move(all));
    std::erase_if(chosen, [&](const std::string& id) { return !pattern.matches(id); });
    return chosen;
}

}  // namespace crux::cmd
