#include "oci-spec/diagnostics.h"

#include <iterator>
#include <utility>

#include "runtime/base/text.h"

namespace crux::oci {

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
    for (const Diagnostic& one : all_) {
        if (one.severity != Severity::error || !pointer.starts_with(one.pointer)) continue;
        const std::string_view rest = pointer.substr(one.pointer.size());
        if (rest.empty() || rest[0] == '/') return true;
    }
    return false;
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
