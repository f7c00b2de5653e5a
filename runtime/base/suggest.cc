#include "runtime/base/suggest.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "runtime/base/text.h"

namespace crux {

namespace {

constexpr std::size_t kLongest = 64;

constexpr char small(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string folded(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), small);
    return out;
}

std::size_t common_prefix(std::string_view one, std::string_view other) {
    return static_cast<std::size_t>(std::ranges::mismatch(one, other).in1 - one.begin());
}

/// The number of letters to replace, insert, remove or swap with the next one (no letter twice) to
/// change one text to the other. Both have at most kLongest letters.
unsigned distance(std::string_view from, std::string_view to) {
    using Row = std::array<std::uint8_t, kLongest + 1>;
    Row before_last{};
    Row last{};
    Row row{};
    for (std::size_t j = 0; j <= to.size(); ++j) last[j] = static_cast<std::uint8_t>(j);
    for (std::size_t i = 1; i <= from.size(); ++i) {
        row[0] = static_cast<std::uint8_t>(i);
        for (std::size_t j = 1; j <= to.size(); ++j) {
            const int replaced = last[j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
            int best = std::min({replaced, last[j] + 1, row[j - 1] + 1});
            if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                best = std::min(best, before_last[j - 2] + 1);
            row[j] = static_cast<std::uint8_t>(best);
        }
        before_last = last;
        last = row;
    }
    return last[to.size()];
}

/// How well a candidate matches; the smaller the cost the better.
struct Fit {
    unsigned cost = 0;
    std::size_t agreeing = 0;  ///< length of the common prefix

    [[nodiscard]] bool operator==(const Fit&) const = default;
    [[nodiscard]] bool better_than(const Fit& other) const {
        return cost != other.cost ? cost < other.cost : agreeing > other.agreeing;
    }
};

constexpr unsigned kNoFit = ~0U;
constexpr unsigned kStep = 2;
constexpr unsigned kEnd = kStep;
constexpr unsigned kBeginning = 4 * kStep;  // wrong letters are the more likely mistake

/// Letters in the wrong order are a more likely mistake than as many wrong letters.
unsigned cost_of(unsigned steps, std::string_view text, std::string_view candidate) {
    if (steps == 0) return 0;
    return (steps * kStep) - (std::ranges::is_permutation(text, candidate) ? 1 : 0);
}

/// `most`: the maximum distance of a misspelling.
Fit fit_of(std::string_view text, std::string_view candidate, unsigned most) {
    constexpr std::size_t kShortestBeginning = 3;
    Fit fit{.cost = kNoFit, .agreeing = common_prefix(text, candidate)};
    if (candidate.size() > kLongest) return fit;
    if (text.size() <= candidate.size() + most && candidate.size() <= text.size() + most)
        if (const unsigned steps = distance(text, candidate); steps <= most)
            fit.cost = cost_of(steps, text, candidate);
    const bool is_end = candidate.size() > text.size() && candidate.ends_with(text) &&
                        candidate[candidate.size() - text.size() - 1] == '_';
    if (is_end) fit.cost = std::min(fit.cost, kEnd);
    if (text.size() >= kShortestBeginning && candidate.starts_with(text))
        fit.cost = std::min(fit.cost, kBeginning);
    return fit;
}

/// The length of the prefix that all candidates share, which does not help to select one.
std::size_t shared_by(std::span<const std::string> candidates) {
    if (candidates.size() < 2) return 0;
    std::size_t length = candidates[0].size();
    for (const std::string& candidate : candidates)
        length = std::min(length, common_prefix(candidates[0], candidate));
    return length;
}

/// The maximum distance of a misspelling, for a text with this number of letters after the shared
/// prefix.
unsigned most_for(std::size_t letters) {
    constexpr std::size_t kMost = 3;
    return static_cast<unsigned>(std::min((letters + 2) / 4, kMost));
}

}  // namespace

std::string_view closest(std::string_view text, std::span<const std::string_view> candidates) {
    if (text.empty() || text.size() > kLongest) return {};
    const std::string wanted = folded(text);
    std::vector<std::string> names;
    names.reserve(candidates.size());
    for (const std::string_view candidate : candidates)
        names.push_back(folded(candidate.substr(0, kLongest + 1)));
    const std::size_t shared =
        std::min(shared_by(names), common_prefix(wanted, names.empty() ? std::string() : names[0]));
    const unsigned most = most_for(wanted.size() - shared);

    Fit best{.cost = kNoFit};
    std::string_view found;
    std::size_t at = 0;
    for (std::size_t index = 0; index < names.size(); ++index) {
        const Fit fit = fit_of(wanted, names[index], most);
        if (fit.cost == kNoFit) continue;
        if (fit.better_than(best)) {
            best = fit;
            found = candidates[index];
            at = index;
        } else if (fit == best && names[index] != names[at]) {
            found = {};
        }
    }
    return found;
}

unsigned wrong_letters(std::string_view text, std::string_view candidate) {
    if (text.size() > kLongest || candidate.size() > kLongest) return kNoFit;
    return distance(folded(text), folded(candidate));
}

std::string did_you_mean(std::string_view text, std::span<const std::string_view> candidates) {
    const std::string_view name = closest(text, candidates);
    return name.empty() ? std::string() : cat(" (did you mean ", quoted(name), "?)");
}

std::vector<std::string_view> views_of(std::span<const std::string> texts) {
    return {texts.begin(), texts.end()};
}

}  // namespace crux
