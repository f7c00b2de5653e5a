#include "runtime/plan/assembler.h"

#include <cstring>

#include "runtime/base/text.h"
#include "tests/support/catch.h"

using namespace crux;
using namespace crux::plan;

TEST_CASE("a plan's texts end with NUL, and equal texts are stored once") {
    Assembler out;
    const Text first = out.text("tmpfs");
    const Text again = out.text("tmpfs");
    const Text other = out.text("tmp");
    CHECK(first.offset == again.offset);
    CHECK(first.offset != other.offset);
    out.add(Kind::host_name, "/hostname").text = first;
    const Plan plan = std::move(out).finish({});
    CHECK(plan.text(first) == "tmpfs");
    CHECK(plan.text(other) == "tmp");
    CHECK(std::strcmp(plan.text(first).data(), "tmpfs") == 0);
    CHECK(std::strcmp(plan.text(other).data(), "tmp") == 0);
}

TEST_CASE("an empty text uses no space in the pool") {
    Assembler out;
    const Text empty = out.text("");
    CHECK(empty.length == 0);
    const Plan plan = std::move(out).finish({});
    CHECK(*plan.text(empty).data() == '\0');
}

TEST_CASE("texts are still found after the hash table has grown") {
    Assembler out;
    std::vector<Text> texts;
    for (int i = 0; i < 5000; ++i) texts.push_back(out.text(cat("name-", i)));
    for (int i = 0; i < 5000; ++i)
        CHECK(out.text(cat("name-", i)).offset == texts[static_cast<std::size_t>(i)].offset);
    const Plan plan = std::move(out).finish({});
    CHECK(plan.text(texts[0]) == "name-0");
    CHECK(plan.text(texts[4999]) == "name-4999");
}

TEST_CASE("lists are aligned to eight bytes whatever precedes them") {
    Assembler out;
    out.text("x");
    const std::vector<std::uint64_t> numbers = {1, 2, 3};
    const List list = out.list(std::span<const std::uint64_t>(numbers));
    out.text("yy");
    const std::vector<std::string> words = {"a", "", "b"};
    const List texts = out.texts(words);
    const Plan plan = std::move(out).finish({});
    CHECK(list.offset % 8 == 0);
    CHECK(texts.offset % 8 == 0);
    const auto back = plan.list<std::uint64_t>(list);
    CHECK(reinterpret_cast<std::uintptr_t>(back.data()) % 8 == 0);
    REQUIRE(back.size() == 3);
    CHECK(back[2] == 3);
    const auto read = plan.list<Text>(texts);
    REQUIRE(read.size() == 3);
    CHECK(plan.text(read[1]).empty());
    CHECK(plan.text(read[2]) == "b");
}

TEST_CASE("a plan is one block that can be read at any address") {
    Assembler out;
    const Text name = out.text("demo");
    out.add(Kind::session, "");
    out.add(Kind::host_name, "/hostname").text = name;
    const Plan plan = std::move(out).finish({});
    const Header& header = plan.header();
    CHECK(header.magic == kMagic);
    CHECK(header.size == plan.bytes().size());
    CHECK(header.step_count == 2);
    CHECK(header.pool + header.pool_size == header.size);
    CHECK(header.fault_step == kNoFault);
    for (const std::int32_t slot : header.slots) CHECK(slot == -1);

    const std::vector<std::byte> copy(plan.bytes().begin(), plan.bytes().end());
    Step second = plan.steps()[0];
    std::memcpy(&second, copy.data() + header.steps + sizeof(Step), sizeof second);
    CHECK(second.kind == Kind::host_name);
    const auto* pool = reinterpret_cast<const char*>(copy.data() + header.pool);
    CHECK(std::string_view(pool + second.text.offset) == "demo");
    CHECK(std::string_view(pool + second.origin.offset) == "/hostname");
}

TEST_CASE("a new step's operands are zero") {
    Assembler out;
    out.add(Kind::user, "").user = {.uid = 7, .gid = 7, .groups = {}, .keep_groups = 1};
    const Step& step = out.add(Kind::user, "");
    CHECK(step.flags == 0);
    CHECK(step.user.uid == 0);
    CHECK(step.user.keep_groups == 0);
}

TEST_CASE("when no slot is left, kNoSlot is returned") {
    Assembler out;
    int taken = 0;
    while (out.take_slot() != kNoSlot) ++taken;
    CHECK(taken == static_cast<int>(kSlotCount) - kFirstFreeSlot);
    CHECK(out.take_slot() == kNoSlot);
}

TEST_CASE("a text that contains a NUL is detected") {
    Assembler out;
    out.text("a");
    CHECK_FALSE(out.has_nul());
    out.text(std::string_view("a\0b", 3));
    CHECK(out.has_nul());
}
