#include "oci-spec/diagnostics.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "runtime/base/text.h"

namespace crux::oci {

namespace {

// Whether the place is the other one or below it.
bool is_within(std::string_view place, std::string_view other) {
    return place.starts_with(other) && (place.size() == other.size() || place[other.size()] == '/');
}

// The pointer up to its first index, "/mounts/1" of "/mounts/1/options/0", or nothing.
std::string_view outermost_element(std::string_view pointer) {
    for (std::size_t at = 0; at < pointer.size();) {
        const std::size_t end = std::min(pointer.find('/', at + 1), pointer.size());
        if (to_number<std::uint32_t>(pointer.substr(at + 1, end - at - 1)))
            return pointer.substr(0, end);
        at = end;
    }
    return {};
}

}  // namespace

std::string describe(const Diagnostic& diagnostic) {
    if (diagnostic.pointer.empty()) return diagnostic.text;
    return cat(diagnostic.pointer, ": ", diagnostic.text);
}

void Diagnostics::error(std::string pointer, std::string text) {
    all_.push_back({Severity::error, std::move(pointer), std::move(text)});
    ++errors_;
}

void Diagnostics::warn(std::string pointer, std::string text) {
    all_.push_back({Severity::warning, std::move(pointer), std::move(text)});
}

void Diagnostics::append(Diagnostics&& others) {
    errors_ += others.errors_;
    all_.insert(all_.end(), std::make_move_iterator(others.all_.begin()),
                std::make_move_iterator(others.all_.end()));
    others = {};
}

void Diagnostics::append_independent(Diagnostics&& others) {
    const Diagnostics before = *this;
    for (Diagnostic& other : others.all_) {
        if (before.has_error_above(other.pointer)) continue;
        const std::string_view element = outermost_element(other.pointer);
        if (!element.empty() && before.has_error_below(element)) continue;
        if (other.severity == Severity::error) ++errors_;
        all_.push_back(std::move(other));
    }
    others = {};
}

Diagnostics Diagnostics::below(std::string_view pointer) && {
    for (Diagnostic& one : all_) one.pointer.insert(0, pointer);
    return std::move(*this);
}

std::vector<Diagnostic> Diagnostics::errors() const {
    std::vector<Diagnostic> out;
    for (const Diagnostic& one : all_)
        if (one.severity == Severity::error) out.push_back(one);
    return out;
}

std::vector<Diagnostic> Diagnostics::warnings() const {
    std::vector<Diagnostic> out;
    for (const Diagnostic& one : all_)
        if (one.severity == Severity::warning) out.push_back(one);
    return out;
}

Error Diagnostics::to_error() const {
    const std::vector<Diagnostic> list = errors();
    if (list.size() == 1) {
        Error error(Error::Kind::spec, list[0].text);
        if (list[0].pointer.empty()) return error;
        return std::move(error).at(list[0].pointer);
    }
    std::string text;
    for (const Diagnostic& one : list) text += cat(text.empty() ? "" : "; ", describe(one));
    return {Error::Kind::spec, std::move(text)};
}

bool Diagnostics::has_error_above(std::string_view pointer) const {
    return std::ranges::any_of(all_, [&](const Diagnostic& one) {
        return one.severity == Severity::error && is_within(pointer, one.pointer);
    });
}

bool Diagnostics::has_error_below(std::string_view pointer) const {
    return std::ranges::any_of(all_, [&](const Diagnostic& one) {
        return one.severity == Severity::error && is_within(one.pointer, pointer);
    });
}

std::string pointer_token(std::string_view key) {
    std::string out = "/";
    for (const char c : key) {
        if (c == '~')
            out += "~0";
        else if (c == '/')
            out += "~1";
        else
            out += c;
    }
    return out;
}

}  // namespace crux::oci
