#include "runtime/plan/assembler.h"

#include <cstring>
#include <new>

namespace crux::plan {

namespace {

// Enough for the plan of `runc spec` and a bit more, so that most plans cause no reallocation.
constexpr std::size_t kUsualSteps = 96;
constexpr std::size_t kUsualPool = 8192;
constexpr std::size_t kUsualTexts = 256;  // a power of two

constexpr std::size_t kAlignment = sizeof(std::uint64_t);

std::size_t aligned(std::size_t size) {
    return (size + kAlignment - 1) & ~(kAlignment - 1);
}

}  // namespace

Assembler::Assembler() : known_(kUsualTexts) {
    steps_.reserve(kUsualSteps * kStepWords);
    pool_.reserve(kUsualPool);
    // Offset 0 is the empty text, so that an operand of zeros is one.
    pool_.assign(kAlignment, '\0');
}

Text Assembler::text(std::string_view text) {
    if (text.empty()) return {};
    if (2 * known_count_ >= known_.size()) grow_table();
    const std::size_t mask = known_.size() - 1;
    std::size_t at = std::hash<std::string_view>{}(text)&mask;
    for (; known_[at].offset != 0; at = (at + 1) & mask) {
        const Text entry = known_[at];
        if (text == std::string_view(pool_).substr(entry.offset, entry.length)) return entry;
    }
    if (text.find('\0') != std::string_view::npos) has_nul_ = true;
    const Text made = {static_cast<std::uint32_t>(pool_.size()),
                       static_cast<std::uint32_t>(text.size())};
    pool_ += text;
    pool_ += '\0';
    known_[at] = made;
    ++known_count_;
    return made;
}

void Assembler::grow_table() {
    std::vector<Text> larger(2 * known_.size());
    const std::size_t mask = larger.size() - 1;
    for (const Text entry : known_) {
        if (entry.offset == 0) continue;
        const std::string_view text = std::string_view(pool_).substr(entry.offset, entry.length);
        std::size_t at = std::hash<std::string_view>{}(text)&mask;
        while (larger[at].offset != 0) at = (at + 1) & mask;
        larger[at] = entry;
    }
    known_ = std::move(larger);
}

void Assembler::align() {
    pool_.resize(aligned(pool_.size()), '\0');
}

List Assembler::raw_list(std::span<const std::byte> bytes, std::size_t count) {
    if (count == 0) return {};
    align();
    const auto offset = static_cast<std::uint32_t>(pool_.size());
    pool_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return {offset, static_cast<std::uint32_t>(count)};
}

namespace {

template <class Item>
List text_list(Assembler& assembler, std::span<const Item> items) {
    std::vector<Text> made;
    made.reserve(items.size());
    for (const Item& item : items) made.push_back(assembler.text(item));
    return assembler.list(std::span<const Text>(made));
}

}  // namespace

List Assembler::texts(std::span<const std::string> items) {
    return text_list(*this, items);
}

List Assembler::texts(std::span<const std::string_view> items) {
    return text_list(*this, items);
}

Step& Assembler::add(Kind kind, std::string_view origin) {
    const Text where = text(origin);
    steps_.resize(steps_.size() + kStepWords);
    auto* step = std::launder(reinterpret_cast<Step*>(&steps_[steps_.size() - kStepWords]));
    step->kind = kind;
    step->origin = where;
    return *step;
}

std::span<Step> Assembler::steps() {
    auto* first = std::launder(reinterpret_cast<Step*>(steps_.data()));
    return {first, steps_.size() / kStepWords};
}

SlotIndex Assembler::take_slot() {
    if (static_cast<std::size_t>(next_slot_) >= kSlotCount) return kNoSlot;
    return next_slot_++;
}

Plan Assembler::finish(HostPart host) && {
    static_assert(sizeof(Header) % kAlignment == 0);
    align();
    const std::size_t steps_size = steps_.size() * sizeof(std::uint64_t);
    const std::size_t size = sizeof(Header) + steps_size + pool_.size();

    Header header = {};
    header.magic = kMagic;
    header.size = static_cast<std::uint32_t>(size);
    header.step_count = static_cast<std::uint32_t>(steps_.size() / kStepWords);
    header.steps = sizeof(Header);
    header.pool = static_cast<std::uint32_t>(sizeof(Header) + steps_size);
    header.pool_size = static_cast<std::uint32_t>(pool_.size());
    header.fault_step = kNoFault;
    for (std::int32_t& slot : header.slots) slot = -1;

    Plan plan;
    plan.host = std::move(host);
    plan.block_.resize(size / kAlignment);
    auto* to = reinterpret_cast<std::byte*>(plan.block_.data());
    std::memcpy(to, &header, sizeof header);
    std::memcpy(to + header.steps, steps_.data(), steps_size);
    std::memcpy(to + header.pool, pool_.data(), pool_.size());
    return plan;
}

}  // namespace crux::plan
