// The work for a document is bounded by its size: each list, map and text of a configuration, a
// process and resources is generated with 1, 4 and, without a sanitizer, 16 times as many entries.

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <new>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "oci-spec/config.h"
#include "oci-spec/rules.h"
#include "oci-spec/runc/update.h"
#include "oci-spec/sample_test.h"
#include "runtime/base/text.h"
#include "runtime/cgroup/limits.h"
#include "runtime/plan/plan.h"
#include "runtime/seccomp/filter.h"
#include "tests/support/catch.h"

#ifdef __SANITIZE_ADDRESS__
// From sanitizer/allocator_interface.h, which GCC's package does not have.
extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*malloc_hook)(const volatile void*,
                                                                             std::size_t),
                                                         void (*free_hook)(const volatile void*));
#endif

namespace {

/// What this program has allocated so far: by this, the numbers do not depend on the machine.
std::size_t allocated_bytes = 0;
std::size_t allocations = 0;

void count(std::size_t size) {
    allocated_bytes += size;
    ++allocations;
}

#ifdef __SANITIZE_ADDRESS__
// The sanitizer compares how memory was allocated with how it is freed, which own operators would
// hide.
[[maybe_unused]] const int kHooks = __sanitizer_install_malloc_and_free_hooks(
    [](const volatile void* /*memory*/, std::size_t size) { count(size); },
    [](const volatile void* /*memory*/) {});
#else
void* allocate(std::size_t size) {
    count(size);
    void* memory = std::malloc(size == 0 ? 1 : size);
    if (memory == nullptr) std::abort();
    return memory;
}
#endif

}  // namespace

#ifndef __SANITIZE_ADDRESS__
void* operator new(std::size_t size) {
    return allocate(size);
}
void* operator new[](std::size_t size) {
    return allocate(size);
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete[](void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t /*size*/) noexcept {
    std::free(memory);
}
void operator delete[](void* memory, std::size_t /*size*/) noexcept {
    std::free(memory);
}
#endif

namespace crux::oci {
namespace {

using nlohmann::json;

// Pairs of so many entries are noticed in the number of allocations, pairs of so many in the time.
constexpr std::size_t kFew = 30;
constexpr std::size_t kMany = 500;
// How many times as many entries are compared with the first number of them.
#ifdef __SANITIZE_ADDRESS__
constexpr std::array<std::size_t, 1> kTimes = {4};  // each is many times as slow here
#else
constexpr std::array<std::size_t, 2> kTimes = {4, 16};
#endif

/// Whether the generated entries are equal or differ in their names and numbers.
enum class Entries { equal, different };

/// The same value with the number in its texts and numbers.
json varied(const json& value, std::size_t number) {
    if (value.is_string()) return value.get<std::string>() + std::to_string(number);
    if (value.is_number()) return number;
    if (!value.is_structured()) return value;
    json out = value;
    for (auto& item : out.items()) item.value() = varied(item.value(), number);
    return out;
}

/// A list with more entries, a map with more members, or a longer text.
json grown(const json& value, std::size_t count, Entries entries) {
    if (value.is_string()) {
        std::string text = value.get<std::string>();
        const std::string piece = text.empty() ? "a" : text;
        for (std::size_t i = 0; i < count; ++i) text += entries == Entries::equal ? piece : "a,";
        return text;
    }
    json out = value;
    const json sample = value.empty() ? json("a") : *value.begin();
    for (std::size_t i = 0; i < count; ++i) {
        json entry = entries == Entries::equal ? sample : varied(sample, i);
        if (value.is_array())
            out.push_back(std::move(entry));
        else
            out["key" + std::to_string(i)] = std::move(entry);
    }
    return out;
}

void find_places(const json& value, const json::json_pointer& at,
                 std::vector<json::json_pointer>& out) {
    if (value.is_string() || value.is_structured()) out.push_back(at);
    if (!value.is_structured()) return;
    for (const auto& item : value.items())
        find_places(item.value(), value.is_array() ? at / std::stoul(item.key()) : at / item.key(),
                    out);
}

struct Cost {
    std::size_t bytes = 0;
    std::size_t allocations = 0;
    double milliseconds = 0;
};

double cpu_milliseconds() {
    struct ::timespec now = {};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (static_cast<double>(now.tv_sec) * 1e3) + (static_cast<double>(now.tv_nsec) / 1e6);
}

using Work = std::function<void(std::string_view)>;

Cost cost_of(const Work& work, const std::string& text) {
    const Cost before{allocated_bytes, allocations, cpu_milliseconds()};
    work(text);
    return {allocated_bytes - before.bytes, allocations - before.allocations,
            cpu_milliseconds() - before.milliseconds};
}

void check_bound(const Cost& small, const Cost& large, double times) {
    // The later entries may be errors where the first ones are none.
    constexpr double kMargin = 2;
    constexpr double kSlack = 4096;
    constexpr double kSlackMilliseconds = 20;  // for interruptions and caches
    CHECK(static_cast<double>(large.bytes) <=
          (kMargin * times * static_cast<double>(small.bytes)) + (64 * kSlack));
    CHECK(static_cast<double>(large.allocations) <=
          (kMargin * times * static_cast<double>(small.allocations)) + kSlack);
    CHECK(large.milliseconds <= (kMargin * times * small.milliseconds) + kSlackMilliseconds);
}

void check_place(const json& document, const json::json_pointer& place, std::size_t count,
                 const Work& work) {
    for (const Entries entries : {Entries::equal, Entries::different}) {
        const auto text = [&](std::size_t times) {
            json larger = document;
            larger[place] = grown(document[place], times * count, entries);
            return larger.dump();
        };
        INFO(place.to_string() << (entries == Entries::equal ? ", equal" : ", different"));
        const Cost first = cost_of(work, text(1));
        for (const std::size_t times : kTimes)
            check_bound(first, cost_of(work, text(times)), static_cast<double>(times));
    }
}

/// Checks each list, map and text of the document, and returns their number.
std::size_t check_document(const json& document, const Work& work) {
    std::vector<json::json_pointer> places;
    find_places(document, json::json_pointer(), places);
    for (const json::json_pointer& place : places) check_place(document, place, kFew, work);
    return places.size();
}

std::vector<cgroup::CgroupDir> dirs(int version) {
    const std::vector<std::string> controllers = {"cpuset",  "cpu",  "io",   "blkio",   "memory",
                                                  "hugetlb", "pids", "rdma", "net_cls", "net_prio"};
    std::vector<cgroup::CgroupDir> out = {{"/sys/fs/cgroup", "/x", controllers, version}};
    if (version == 1) out.push_back({"/sys/fs/cgroup/devices", "/x", {"devices"}, 1});
    return out;
}

void plan_all(const Config& config) {
    for (const int version : {1, 2})
        (void)cgroup::limits_for(config.linux.resources, dirs(version));
    host::Facts facts;
    facts.apparmor = facts.selinux = true;
    plan::Inputs inputs;
    inputs.config = &config;
    inputs.facts = &facts;
    inputs.id = "demo";
    inputs.bundle = "/bundle";
    inputs.rootfs = "/bundle/rootfs";
    (void)plan::build(inputs);
    if (config.linux.seccomp) (void)seccomp::compile_filter(*config.linux.seccomp);
}

void handle_config(std::string_view text) {
    const Parsed parsed = checked_config(text);
    if (parsed.diagnostics.has_errors())
        CHECK(parsed.diagnostics.to_error().message().size() <= kMessageMax);
    plan_all(parsed.config);
}

TEST_CASE("33: the work for a configuration is bounded by its size") {
    CHECK(check_document(json::parse(test::kFullConfig), handle_config) > 200);
}

TEST_CASE("33: entries of long lists are not compared with each other") {
    const json document = json::parse(test::kFullConfig);
    for (const char* const place :
         {"/mounts", "/mounts/1/options", "/process/env", "/process/capabilities/bounding",
          "/linux/namespaces", "/linux/devices", "/linux/netDevices", "/linux/resources/devices",
          "/linux/resources/hugepageLimits", "/linux/resources/unified", "/linux/maskedPaths",
          "/linux/readonlyPaths", "/linux/sysctl", "/linux/seccomp/syscalls/0/names",
          "/annotations"})
        check_place(document, json::json_pointer(place), kMany, handle_config);
}

TEST_CASE("33: the work for a process and for resources is bounded by their size") {
    const json config = json::parse(test::kFullConfig);
    check_document(config.at("process"), [](std::string_view text) {
        const ParsedProcess parsed = parse_process(text);
        (void)check_process(parsed.process, parsed.diagnostics);
    });
    check_document(config.at("linux").at("resources"), [](std::string_view text) {
        const ParsedResources parsed = parse_resources(text);
        (void)check_resources(parsed.resources, parsed.diagnostics);
        (void)updated(parsed.resources, parsed.resources);
        (void)named_by(parsed.resources);
    });
}

TEST_CASE("33: an access of letters that are none does not cost more than its text") {
    const auto config = [](std::size_t letters) {
        json document = json::parse(test::kFullConfig);
        document["/linux/resources/devices/0/access"_json_pointer] = std::string(letters, 'a');
        return document.dump();
    };
    const auto work = [](std::string_view text) { (void)checked_config(text); };
    constexpr std::size_t kLetters = 72'000;
    const Cost cost = cost_of(work, config(kLetters));
    CHECK(cost.bytes < 50 * kLetters);
}

TEST_CASE("33: of many errors the first ones are listed, and the others are counted") {
    std::string mounts;
    constexpr std::size_t kMounts = 5000;
    for (std::size_t i = 0; i < kMounts; ++i) mounts += cat(i == 0 ? "" : ",", "{}");
    const Parsed parsed = parse_config(
        cat(R"({"ociVersion": "1.0.2", "root": {"path": "r"}, "mounts": [)", mounts, "]}"));
    CHECK(parsed.diagnostics.errors().size() == Diagnostics::kMost);
    const std::string message = parsed.diagnostics.to_error().message();
    CHECK(message.size() <= kMessageMax);
    CHECK_THAT(message, Catch::StartsWith("/mounts/0/destination: is required; /mounts/1/"));
    CHECK_THAT(message, Catch::Matches(".*; and 4[0-9]{3} more errors"));
}

TEST_CASE("33: a long key is not repeated for each member below it") {
    std::string members;
    constexpr std::size_t kMembers = 5000;
    for (std::size_t i = 0; i < kMembers; ++i) members += cat(i == 0 ? "" : ",", "\"m", i, "\":1");
    const std::string text =
        cat(R"({"ociVersion": "1.0.2", "root": {"path": "r"}, "linux": {"resources": {"rdma": {")",
            std::string(100'000, 'k'), "\": {", members, "}}}}}");
    const Cost cost = cost_of([](std::string_view all) { (void)checked_config(all); }, text);
    CHECK(cost.bytes < 2000 * text.size());
    CHECK(parse_config(text).diagnostics.warnings().front().pointer.size() <= kMessageMax);
}

}  // namespace
}  // namespace crux::oci
