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

void Diagnostics::add(Diagnostic&& one) {
    constexpr std::size_t kPlace = kMessageMax / 4;
    constexpr std::size_t kText = kMessageMax / 2;
    const bool kept = has_room(one.severity);
    ++(one.severity == Severity::error ? errors_ : warnings_);
    if (!kept) return;
    if (one.pointer.size() > kPlace) one.pointer = shortened(one.pointer, kPlace);
    if (one.text.size() > kText) one.text = shortened(one.text, kText);
    all_.push_back(std::move(one));
}

void Diagnostics::error(std::string pointer, std::string text) {
    add({.severity = Severity::error, .pointer = std::move(pointer), .text = std::move(text)});
}

void Diagnostics::warn(std::string pointer, std::string text) {
    add({.severity = Severity::warning, .pointer = std::move(pointer), .text = std::move(text)});
}

void Diagnostics::note(std::string pointer, std::string text) {
    add({.severity = Severity::warning,
         .pointer = std::move(pointer),
         .text = std::move(text),
         .quiet = true});
}

void Diagnostics::append(Diagnostics&& others) {
    const std::size_t errors = errors_ + others.errors_;
    const std::size_t warnings = warnings_ + others.warnings_;
    for (Diagnostic& other : others.all_) add(std::move(other));
    errors_ = errors;
    warnings_ = warnings;
    others = {};
}

void Diagnostics::append_independent(Diagnostics&& others) {
    const Diagnostics before = *this;
    for (Diagnostic& other : others.all_) {
        if (before.has_error_above(other.pointer)) continue;
        const std::string_view element = outermost_element(other.pointer);
        if (!element.empty() && before.has_error_below(element)) continue;
        add(std::move(other));
    }
    others = {};
}

Diagnostics Diagnostics::below(std::string_view pointer) && {
    for (Diagnostic& one : all_) one.pointer.insert(0, pointer);
    return std::move(*this);
}

void note_or_warn(bool quiet, std::string pointer, std::string text, Diagnostics& out) {
    if (quiet)
        out.note(std::move(pointer), std::move(text));
    else
        out.warn(std::move(pointer), std::move(text));
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
    if (errors_ == 1) {
        Error error(Error::Kind::spec, list[0].text);
        if (list[0].pointer.empty()) return error;
        return std::move(error).at(list[0].pointer);
    }
    std::string text;
    std::size_t listed = 0;
    for (const Diagnostic& one : list) {
        const std::string next = cat(text.empty() ? "" : "; ", describe(one));
        constexpr std::size_t kNote = 64;  // more than the last text
        if (text.size() + next.size() > kMessageMax - kNote) break;
        text += next;
        ++listed;
    }
    if (listed < errors_) text += cat("; and ", errors_ - listed, " more errors");
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
