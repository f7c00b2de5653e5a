#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/plan/layout.h"
#include "runtime/plan/plan.h"

namespace crux::plan {

/// Collects the steps of a plan and the data that they refer to. Equal texts are stored once.
class Assembler {
 public:
    Assembler();

    /// Adds the text to the pool, followed by a NUL, and returns its location. The argument must
    /// not point into this pool. A NUL inside the text would hide the rest of it, so it is an error
    /// (has_nul).
    Text text(std::string_view text);
    /// Adds the items to the pool.
    template <class Item>
        requires std::is_trivially_copyable_v<Item>
    List list(std::span<const Item> items) {
        return raw_list(std::as_bytes(items), items.size());
    }
    /// Adds a list of texts to the pool.
    List texts(std::span<const std::string> items);
    List texts(std::span<const std::string_view> items);

    /// Appends a step whose operands are zero. The reference is valid until the next step is added.
    Step& add(Kind kind, std::string_view origin);

    /// Returns the next free slot, or kNoSlot if none is left.
    SlotIndex take_slot();

    /// All steps so far, and the pool that their texts are in; valid until a step or a text is
    /// added.
    [[nodiscard]] std::span<Step> steps();
    [[nodiscard]] std::string_view pool() const { return pool_; }

    /// Whether a text contained a NUL byte; the plan must not be used then.
    [[nodiscard]] bool has_nul() const { return has_nul_; }

    /// The finished plan.
    Plan finish(HostPart host) &&;

 private:
    List raw_list(std::span<const std::byte> bytes, std::size_t count);
    void align();
    void grow_table();

    static constexpr std::size_t kStepWords = sizeof(Step) / sizeof(std::uint64_t);
    static_assert(sizeof(Step) % sizeof(std::uint64_t) == 0);

    std::vector<std::uint64_t> steps_;
    std::string pool_;
    std::vector<Text> known_;  ///< hash table, open addressing; offset 0 is an empty entry
    std::size_t known_count_ = 0;
    SlotIndex next_slot_ = kFirstFreeSlot;
    bool has_nul_ = false;
};

}  // namespace crux::plan
