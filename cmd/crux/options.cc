#include "cmd/crux/options.h"

#include <cctype>
#include <cstdlib>
#include <locale>

// The library's regular expressions are global objects, whose construction would slow down every
// start. So would the facets of a locale, which it asks for letters.
#define CXXOPTS_NO_REGEX
// lint: allow only-one-macro: the library passes a locale; the C library's function takes none.
#define isalnum(character, locale) isalnum(static_cast<unsigned char>(character))
#include <cxxopts.hpp>
#undef isalnum

#include "cmd/crux/arguments.h"
#include "runtime/base/text.h"

namespace crux::cmd {

const Options::Entry& Options::entry(std::string_view name) const {
    for (const Entry& entry : entries_)
        if (entry.name == name) return entry;
    std::abort();
}

bool Options::on(std::string_view name) const {
    return text(name) == "true";
}

const std::string& Options::text(std::string_view name) const {
    const Entry& found = entry(name);
    return found.values.empty() ? found.initial : found.values.back();
}

std::int64_t Options::number(std::string_view name) const {
    return to_number<std::int64_t>(text(name)).value_or(0);
}

const std::vector<std::string>& Options::texts(std::string_view name) const {
    return entry(name).values;
}

bool Options::given(std::string_view name) const {
    return !entry(name).values.empty();
}

/// Converts the result of the option library to Options.
struct Reader {
    static Options read(std::span<const Flag> flags, const cxxopts::ParseResult& parsed) {
        Options options;
        for (const Flag& flag : flags)
            options.entries_.push_back({flag.name, std::string(flag.initial), {}});
        for (const cxxopts::KeyValue& pair : parsed.arguments())
            for (Options::Entry& entry : options.entries_)
                if (entry.name == pair.key()) entry.values.push_back(pair.value());
        return options;
    }
};

namespace {

cxxopts::ParseResult parse(std::span<const Flag> flags, const Normalised& line) {
    cxxopts::Options library("crux");
    for (const Flag& flag : flags)
        library.add_options()(std::string(flag.name), "", cxxopts::value<std::string>());
    std::vector<const char*> words = {"crux"};
    for (const std::string& word : line.flags) words.push_back(word.c_str());
    words.push_back("--");
    for (const std::string& word : line.arguments) words.push_back(word.c_str());
    return library.parse(static_cast<int>(words.size()), words.data());
}

}  // namespace

Result<CommandLine> read_line(std::span<const Flag> flags, std::span<const char* const> words,
                              Order order) {
    Normalised normalised = TRY(normalise(flags, words, order));
    try {
        const cxxopts::ParseResult parsed = parse(flags, normalised);
        return CommandLine{Reader::read(flags, parsed), parsed.unmatched(), normalised.help};
    } catch (const std::exception& fault) {
        return fail(Error::Kind::usage, fault.what());
    }
}

}  // namespace crux::cmd
