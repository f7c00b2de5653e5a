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

/// Collects the steps of a plan and what they refer to. The same text is kept once, however often
/// it is asked for.
class Assembler {
 public:
    Assembler();

    /// Puts the text in the pool, with a NUL behind it, and says where. What is given may point to
    /// anything but this pool. A NUL inside it would hide the rest: such input ends here (has_nul).
    Text text(std::string_view text);
    /// Puts the items in the pool.
    template <class Item>
        requires std::is_trivially_copyable_v<Item>
    List list(std::span<const Item> items) {
        return raw_list(std::as_bytes(items), items.size());
    }
    /// Puts a list of texts in the pool.
    List texts(std::span<const std::string> items);
    List texts(std::span<const std::string_view> items);

    /// Appends a step whose operands are zero. The reference holds until the next step is added.
    Step& add(Kind kind, std::string_view origin);

    /// Hands out the next free slot, or kNoSlot when none is left.
    SlotIndex take_slot();

    /// Whether some text held a NUL byte; then the plan does not say what it should.
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
    std::vector<Text> known_;  ///< hash table, open addressing; offset 0 is an empty place
    std::size_t known_count_ = 0;
    SlotIndex next_slot_ = kFirstFreeSlot;
    bool has_nul_ = false;
};

}  // namespace crux::plan
