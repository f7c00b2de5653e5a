#include "runtime/plan/plan.h"

namespace crux::plan {

Header& Plan::header() {
    return *reinterpret_cast<Header*>(block_.data());
}

const Header& Plan::header() const {
    return *reinterpret_cast<const Header*>(block_.data());
}

std::span<const std::byte> Plan::bytes() const {
    return std::as_bytes(std::span(block_));
}

std::span<const Step> Plan::steps() const {
    const auto* base = reinterpret_cast<const std::byte*>(block_.data()) + header().steps;
    return {reinterpret_cast<const Step*>(base), header().step_count};
}

std::string_view Plan::text(Text text) const {
    const auto* base = reinterpret_cast<const char*>(block_.data()) + header().pool + text.offset;
    return {base, text.length};
}

}  // namespace crux::plan
