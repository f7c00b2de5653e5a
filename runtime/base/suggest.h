#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace crux {

/// The candidate that the text is probably a misspelling of, or an empty view. Case does not
/// matter. A candidate matches if few letters are wrong (see wrong_letters), if the text is its end
/// after an underscore ("SYS_ADMIN" for "CAP_SYS_ADMIN"), or if the text is its beginning. Letters
/// in the wrong order are preferred to wrong letters. Of two that match equally well, the one with
/// the longer common prefix wins; if that does not decide, there is no result. A text longer than
/// any name of a vocabulary does not match.
std::string_view closest(std::string_view text, std::span<const std::string_view> candidates);

/// The number of wrong letters of the text: replaced, missing, added, or swapped with the next one.
/// Case does not matter. In a text longer than any name of a vocabulary, all letters are wrong.
unsigned wrong_letters(std::string_view text, std::string_view candidate);

/// ` (did you mean "ro"?)`, to be appended to an error about the text; empty without a match.
std::string did_you_mean(std::string_view text, std::span<const std::string_view> candidates);

/// The texts as candidates; valid as long as the texts.
std::vector<std::string_view> views_of(std::span<const std::string> texts);

}  // namespace crux
