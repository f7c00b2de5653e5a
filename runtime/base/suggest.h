#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace crux {

/// The one candidate that the text is probably a misspelling of, or an empty view. Case does not
/// count. A candidate fits if few letters are wrong, missing, too many or swapped with the next
/// one; if the text is its end behind an underscore ("SYS_ADMIN" for "CAP_SYS_ADMIN"); or if the
/// text is its beginning. Of two that fit equally well, the one that agrees longer from the front
/// is taken; where that does not decide, none is. Bounded: a text that is longer than any word of
/// a vocabulary fits none, and is not read.
std::string_view closest(std::string_view text, std::span<const std::string_view> candidates);

/// How many letters of the text are wrong: replaced, missing, too many or swapped with the next
/// one. Case does not count. Texts that are longer than any word of a vocabulary are all wrong.
unsigned wrong_letters(std::string_view text, std::string_view candidate);

/// ` (did you mean "ro"?)`, to be put behind an error about the text, or an empty text.
std::string did_you_mean(std::string_view text, std::span<const std::string_view> candidates);

/// Views of the texts, as candidates; valid as long as they are.
std::vector<std::string_view> views_of(std::span<const std::string> texts);

}  // namespace crux
