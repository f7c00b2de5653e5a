#include "runtime/cgroup/devices.h"

#include <linux/bpf.h>

#include <bit>
#include <map>

#include "runtime/base/text.h"
#include "runtime/cgroup/limits.h"
#include "tests/support/catch.h"

using namespace crux;
using namespace crux::cgroup;
using oci::DeviceAccess;
using oci::DeviceRule;
using oci::DeviceType;

namespace {

constexpr DeviceAccess kM = oci::kDeviceMknod;
constexpr DeviceAccess kR = oci::kDeviceRead;
constexpr DeviceAccess kW = oci::kDeviceWrite;
constexpr DeviceAccess kRwm = oci::kDeviceAllAccess;
constexpr auto kAny = std::nullopt;

DeviceRule allow(DeviceType type, std::optional<std::uint32_t> major,
                 std::optional<std::uint32_t> minor, DeviceAccess access) {
    return {.allow = true, .type = type, .major = major, .minor = minor, .access = access};
}

DeviceRule deny(DeviceType type, std::optional<std::uint32_t> major,
                std::optional<std::uint32_t> minor, DeviceAccess access) {
    return {.allow = false, .type = type, .major = major, .minor = minor, .access = access};
}

const DeviceRule kDenyAll = deny(DeviceType::all, kAny, kAny, kRwm);
const DeviceRule kAllowAll = allow(DeviceType::all, kAny, kAny, kRwm);

/// Rules without the defaults.
std::vector<OriginRule> plain(const std::vector<DeviceRule>& list) {
    std::vector<OriginRule> rules;
    for (std::size_t i = 0; i < list.size(); ++i) rules.push_back({list[i], cat("/", i), false});
    return rules;
}

/// A request of the kernel: one type (character or block), one device, one or more access bits.
struct DeviceRequest {
    DeviceType type = DeviceType::character;
    std::uint32_t major = 0;
    std::uint32_t minor = 0;
    DeviceAccess access = 0;
};

bool names(const DeviceRule& rule, const DeviceRequest& request) {
    return (rule.type == DeviceType::all || rule.type == request.type) &&
           (!rule.major || rule.major == request.major) &&
           (!rule.minor || rule.minor == request.minor);
}

/// What the rules mean, which the lines of v1 and the program of v2 are compared with: the last
/// rule that covers an access bit decides it, and all bits must be allowed. Without a rule access
/// is denied.
bool is_allowed(std::span<const OriginRule> rules, const DeviceRequest& request) {
    DeviceAccess open = request.access;
    for (std::size_t i = rules.size(); i-- > 0;) {
        const DeviceRule& rule = rules[i].rule;
        if (!names(rule, request)) continue;
        if (!rule.allow && (open & rule.access) != 0) return false;
        if (!rule.allow) continue;
        open &= static_cast<DeviceAccess>(~rule.access);
        if (open == 0) return true;
    }
    return false;
}

/// Runs a program of the device controller as the kernel would: only the instructions that crux
/// uses.
class Machine {
 public:
    explicit Machine(const DeviceRequest& request) {
        std::uint32_t type =
            request.type == DeviceType::character ? BPF_DEVCG_DEV_CHAR : BPF_DEVCG_DEV_BLOCK;
        context_ = {{0, (std::uint32_t{request.access} << 16U) | type},
                    {4, request.major},
                    {8, request.minor}};
    }

    bool run(const std::vector<std::uint64_t>& program) {
        for (std::size_t at = 0; at < program.size(); ++at) {
            auto code = std::bit_cast<struct ::bpf_insn>(program[at]);
            if (code.code == (BPF_JMP | BPF_EXIT)) return registers_[0] != 0;
            if (takes_jump(code)) at += static_cast<std::size_t>(std::int64_t{code.off});
        }
        FAIL("the program does not end");
        return false;
    }

 private:
    /// Executes the instruction; true if it jumps.
    bool takes_jump(const struct ::bpf_insn& code) {
        std::uint64_t& target = registers_[code.dst_reg];
        auto low = static_cast<std::uint32_t>(target);
        auto value = static_cast<std::uint32_t>(code.imm);
        switch (code.code) {
            case BPF_LDX | BPF_MEM | BPF_W:
                REQUIRE(code.src_reg == BPF_REG_1);
                target = context_.at(code.off);
                return false;
            case BPF_ALU | BPF_MOV | BPF_X:
                target = static_cast<std::uint32_t>(registers_[code.src_reg]);
                return false;
            case BPF_ALU | BPF_AND | BPF_K:
                target = low & value;
                return false;
            case BPF_ALU | BPF_RSH | BPF_K:
                target = low >> value;
                return false;
            case BPF_ALU64 | BPF_MOV | BPF_K:
                target = static_cast<std::uint64_t>(std::int64_t{code.imm});
                return false;
            case BPF_JMP | BPF_JA:
                return true;
            case BPF_JMP32 | BPF_JNE | BPF_K:
                return low != value;
            case BPF_JMP32 | BPF_JEQ | BPF_K:
                return low == value;
            case BPF_JMP32 | BPF_JSET | BPF_K:
                return (low & value) != 0;
            default:
                FAIL("unknown instruction " << static_cast<int>(code.code));
                return false;
        }
    }

    std::uint64_t registers_[11] = {};
    std::map<int, std::uint32_t> context_;
};

bool program_allows(const std::vector<std::uint64_t>& program, const DeviceRequest& request) {
    return Machine(request).run(program);
}

/// The kernel's v1 controller (security/device_cgroup.c): a default and exceptions; a line in the
/// default's direction changes only exceptions of exactly the same devices.
class V1Controller {
 public:
    void write(const DeviceLine& line) {
        if (line.text == "a") {
            allows_ = line.allow;
            exceptions_.clear();
            return;
        }
        std::vector<std::string_view> words = split(line.text, ' ');
        REQUIRE(words.size() == 3);
        std::string devices = cat(words[0], " ", words[1]);
        DeviceAccess access = 0;
        for (char c : words[2]) access |= c == 'r' ? kR : c == 'w' ? kW : kM;
        if (line.allow != allows_)
            exceptions_[devices] |= access;
        else if (exceptions_.contains(devices))
            exceptions_[devices] &= static_cast<DeviceAccess>(~access);
    }

    [[nodiscard]] bool allows(const DeviceRequest& request) const {
        std::string type = request.type == DeviceType::character ? "c" : "b";
        for (const auto& [devices, access] : exceptions_) {
            bool fits = false;
            for (const std::string& major : {cat(request.major), std::string("*")})
                for (const std::string& minor : {cat(request.minor), std::string("*")})
                    fits = fits || devices == cat(type, " ", major, ":", minor);
            if (!fits) continue;
            if (allows_ && (access & request.access) != 0) return false;
            if (!allows_ && (request.access & ~access) == 0) return true;
        }
        return allows_;
    }

 private:
    bool allows_ = true;
    std::map<std::string, DeviceAccess> exceptions_;
};

/// Requests as the kernel makes them: mknod alone, or reading and writing.
std::vector<DeviceRequest> requests(const std::vector<std::uint32_t>& numbers) {
    std::vector<DeviceRequest> all;
    for (DeviceType type : {DeviceType::character, DeviceType::block})
        for (std::uint32_t major : numbers)
            for (std::uint32_t minor : numbers)
                for (DeviceAccess access : {kM, kR, kW, DeviceAccess{kR | kW}})
                    all.push_back({type, major, minor, access});
    return all;
}

std::string text_of(const DeviceRequest& request) {
    return cat(request.type == DeviceType::character ? "c " : "b ", request.major, ":",
               request.minor, " ", static_cast<int>(request.access));
}

std::vector<std::string> texts(const std::vector<DeviceLine>& lines) {
    std::vector<std::string> all;
    for (const DeviceLine& line : lines)
        all.push_back(cat(line.allow ? "allow " : "deny ", line.text, " @", line.origin));
    return all;
}

std::vector<std::string> lines_for(const std::vector<DeviceRule>& list) {
    std::vector<std::string> weaker;
    auto lines = device_lines(plain(list), weaker);
    if (!lines) return {"error: " + lines.error().message()};
    std::vector<std::string> all = texts(*lines);
    for (const std::string& origin : weaker) all.push_back("weaker @" + origin);
    return all;
}

/// Pseudo-random numbers that are the same in every run.
class Dice {
 public:
    std::uint32_t roll(std::uint32_t sides) {
        state_ = state_ * 6364136223846793005U + 1442695040888963407U;
        return static_cast<std::uint32_t>(state_ >> 33U) % sides;
    }
    std::optional<std::uint32_t> number() {
        std::uint32_t value = roll(3);
        if (value == 0) return std::nullopt;
        return value;
    }
    DeviceRule rule() {
        constexpr DeviceType kTypes[] = {DeviceType::all, DeviceType::character, DeviceType::block};
        return {.allow = roll(2) == 0,
                .type = kTypes[roll(3)],
                .major = number(),
                .minor = number(),
                // All access bits as often as all other combinations together, as in real lists.
                .access = roll(2) == 0 ? kRwm : static_cast<DeviceAccess>(1 + roll(7))};
    }

 private:
    std::uint64_t state_ = 42;
};

}  // namespace

TEST_CASE("each kind of access is decided by the last rule that speaks of it") {
    std::vector<OriginRule> rules = plain({
        kDenyAll,
        allow(DeviceType::character, 1, kAny, kR),
        allow(DeviceType::character, 1, 3, kW),
        deny(DeviceType::character, 1, 5, kR),
    });
    struct {
        DeviceType type;
        std::uint32_t major;
        std::uint32_t minor;
        DeviceAccess access;
        bool allowed;
    } const rows[] = {
        {DeviceType::character, 1, 3, kR, true},      {DeviceType::character, 1, 3, kW, true},
        {DeviceType::character, 1, 3, kR | kW, true}, {DeviceType::character, 1, 3, kM, false},
        {DeviceType::character, 1, 4, kR, true},      {DeviceType::character, 1, 4, kR | kW, false},
        {DeviceType::character, 1, 5, kR, false},     {DeviceType::character, 2, 3, kR, false},
        {DeviceType::block, 1, 3, kR, false},
    };
    std::vector<std::uint64_t> program = device_program(rules);
    for (const auto& row : rows) {
        DeviceRequest request = {row.type, row.major, row.minor, row.access};
        INFO(text_of(request));
        CHECK(is_allowed(rules, request) == row.allowed);
        CHECK(program_allows(program, request) == row.allowed);
    }
}

TEST_CASE("without rules everything is denied") {
    for (const DeviceRequest& request : requests({0, 1})) {
        CHECK(!is_allowed({}, request));
        CHECK(!program_allows(device_program({}), request));
    }
}

TEST_CASE("the program says of every request what the rules say") {
    Dice dice;
    std::vector<DeviceRequest> asked = requests({1, 2, 3});
    for (int round = 0; round < 400; ++round) {
        std::vector<DeviceRule> list;
        for (std::uint32_t count = dice.roll(9); count > 0; --count) list.push_back(dice.rule());
        std::vector<OriginRule> rules = plain(list);
        std::vector<std::uint64_t> program = device_program(rules);
        for (const DeviceRequest& request : asked) {
            INFO("round " << round << ", " << text_of(request));
            REQUIRE(program_allows(program, request) == is_allowed(rules, request));
        }
    }
}

TEST_CASE("device numbers with the highest bit set are themselves") {
    std::vector<OriginRule> rules = plain({allow(DeviceType::block, 0x80000001U, 0xFFFFFFFFU, kR)});
    std::vector<std::uint64_t> program = device_program(rules);
    CHECK(program_allows(program, {DeviceType::block, 0x80000001U, 0xFFFFFFFFU, kR}));
    CHECK(!program_allows(program, {DeviceType::block, 1, 0xFFFFFFFFU, kR}));
}

TEST_CASE("the lines of v1 mean what the rules mean, or are refused") {
    Dice dice;
    std::vector<DeviceRequest> asked = requests({1, 2, 3});
    int kept = 0;
    int refused = 0;
    for (int round = 0; round < 600; ++round) {
        std::vector<DeviceRule> list;
        for (std::uint32_t count = dice.roll(6); count > 0; --count) list.push_back(dice.rule());
        std::vector<OriginRule> rules = plain(list);
        std::vector<std::string> weaker;
        auto lines = device_lines(rules, weaker);
        CHECK(weaker.empty());
        if (!lines) {
            ++refused;
            continue;
        }
        ++kept;
        V1Controller controller;
        for (const DeviceLine& line : *lines) controller.write(line);
        for (const DeviceRequest& request : asked) {
            INFO("round " << round << ", " << text_of(request));
            REQUIRE(controller.allows(request) == is_allowed(rules, request));
        }
    }
    CHECK(kept > 150);
    CHECK(refused > 30);
}

TEST_CASE("v1 begins with a reset and adds exceptions") {
    using Texts = std::vector<std::string>;
    CHECK(lines_for({}) == Texts{"deny a @"});
    CHECK(lines_for({kAllowAll}) == Texts{"allow a @/0"});
    CHECK(lines_for({kDenyAll, allow(DeviceType::character, 10, 229, kR | kW),
                     allow(DeviceType::block, 8, kAny, kR)}) ==
          Texts{"deny a @/0", "allow c 10:229 rw @/1", "allow b 8:* r @/2"});
    CHECK(lines_for({kAllowAll, deny(DeviceType::all, 7, kAny, kW | kM)}) ==
          Texts{"allow a @/0", "deny c 7:* wm @/1", "deny b 7:* wm @/1"});
    CHECK(lines_for({kDenyAll, allow(DeviceType::character, 1, 3, kRwm),
                     deny(DeviceType::character, 1, 3, kW)}) ==
          Texts{"deny a @/0", "allow c 1:3 rm @/1"});
    CHECK(lines_for({allow(DeviceType::character, 1, 3, kR), kAllowAll, kDenyAll}) ==
          Texts{"deny a @/2"});
    CHECK(lines_for({allow(DeviceType::character, 1, kAny, kR),
                     allow(DeviceType::character, kAny, 3, kW)}) ==
          Texts{"deny a @", "allow c 1:* r @/0", "allow c *:3 w @/1", "allow c 1:3 rw @/1"});
}

TEST_CASE("a denial inside a wider permission is refused on v1, where it would do nothing") {
    CHECK(lines_for({allow(DeviceType::character, 1, kAny, kR | kW),
                     deny(DeviceType::character, 1, 3, kW)}) ==
          std::vector<std::string>{
              "error: device rule \"c 1:3 w\" is not supported by cgroup v1: it changes only "
              "a part of the wider rule \"c 1:* rw\" (config.json: /1)"});
    CHECK(lines_for(
              {allow(DeviceType::character, 1, kAny, kR), deny(DeviceType::character, 1, 3, kW)}) ==
          std::vector<std::string>{"deny a @", "allow c 1:* r @/0"});
}

TEST_CASE("the defaults survive a denial of everything, and yield to one that names a device") {
    auto allowed = [](const std::vector<DeviceRule>& list, const DeviceRequest& request) {
        std::vector<OriginRule> rules = device_rules(list, "/devices");
        bool answer = is_allowed(rules, request);
        CHECK(program_allows(device_program(rules), request) == answer);
        return answer;
    };
    DeviceRequest null = {DeviceType::character, 1, 3, kR | kW};
    DeviceRequest kmsg = {DeviceType::character, 1, 11, kR};
    DeviceRequest pty = {DeviceType::character, 136, 7, kR | kW};
    DeviceRequest tun = {DeviceType::character, 10, 200, kR | kW};
    DeviceRequest disk = {DeviceType::block, 8, 0, kR};
    DeviceRequest disk_node = {DeviceType::block, 8, 0, kM};
    for (const std::vector<DeviceRule>& list :
         {std::vector<DeviceRule>{}, {kDenyAll}, {kDenyAll, kDenyAll}, {kAllowAll, kDenyAll}}) {
        CHECK(allowed(list, null));
        CHECK(allowed(list, pty));
        CHECK(allowed(list, disk_node));
        CHECK(!allowed(list, kmsg));
        CHECK(!allowed(list, tun));
        CHECK(!allowed(list, disk));
    }
    CHECK(allowed({kAllowAll}, disk));
    CHECK(!allowed({kDenyAll, deny(DeviceType::character, 1, 3, kW)}, null));
    CHECK(allowed({deny(DeviceType::character, 1, 3, kW), kDenyAll}, null));
    CHECK(!allowed({kDenyAll, deny(DeviceType::all, kAny, kAny, kM)}, disk_node));
    CHECK(allowed({kDenyAll, allow(DeviceType::character, 1, 11, kR)}, kmsg));
}

TEST_CASE("the device rules of v1 become lines of the devices controller") {
    std::vector<CgroupDir> dirs = {
        {.mountpoint = "/cg/memory", .path = "/x", .controllers = {"memory"}},
        {.mountpoint = "/cg/devices", .path = "/x", .controllers = {"devices"}},
        {.mountpoint = "/cg/unified", .path = "/x", .controllers = {}, .version = 2}};
    oci::Resources resources;
    resources.devices = {kDenyAll, allow(DeviceType::character, 10, 229, kR)};
    auto limits = limits_for(resources, dirs);
    REQUIRE(limits);
    CHECK(!limits->device_program);
    CHECK(limits->warnings.empty());
    std::vector<std::string> written;
    for (const Setting& setting : limits->settings) {
        CHECK(setting.dir == 1);
        written.push_back(cat(setting.file, " ", setting.value, " @", setting.origin));
    }
    const std::string kList = " @/linux/resources/devices";
    CHECK(written == std::vector<std::string>{
                         "devices.deny a" + kList + "/0", "devices.allow c *:* m" + kList,
                         "devices.allow b *:* m" + kList, "devices.allow c 1:3 rwm" + kList,
                         "devices.allow c 1:5 rwm" + kList, "devices.allow c 1:7 rwm" + kList,
                         "devices.allow c 1:8 rwm" + kList, "devices.allow c 1:9 rwm" + kList,
                         "devices.allow c 5:0 rwm" + kList, "devices.allow c 5:2 rwm" + kList,
                         "devices.allow c 136:* rwm" + kList,
                         "devices.allow c 10:229 r" + kList + "/1"});
}

TEST_CASE("v1 cannot revoke mknod of one device, which is a warning") {
    std::vector<CgroupDir> dirs = {
        {.mountpoint = "/cg/devices", .path = "/x", .controllers = {"devices"}}};
    oci::Resources resources;
    resources.devices = {kDenyAll, deny(DeviceType::character, 1, 3, kRwm)};
    auto limits = limits_for(resources, dirs);
    REQUIRE(limits);
    CHECK(
        limits->warnings ==
        std::vector<Warning>{{"/linux/resources/devices/1",
                              "cgroup v1 still allows mknod of the device; opening it is denied"}});
    for (const Setting& setting : limits->settings) CHECK(setting.value != "c 1:3 rwm");
}

TEST_CASE("without the v1 controller the device rules become a program") {
    std::vector<CgroupDir> dirs = {
        {.mountpoint = "/cg", .path = "/x", .controllers = {}, .version = 2}};
    auto limits = limits_for({}, dirs);
    REQUIRE(limits);
    CHECK(limits->settings.empty());
    REQUIRE(limits->device_program);
    CHECK(limits->device_program->dir == 0);
    CHECK(limits->device_program->on_failure == OnFailure::error);
    CHECK(limits->device_program->origin == "/linux/resources/devices");
    auto unasked = limits_for({}, dirs, {.unprivileged = true});
    REQUIRE(unasked);
    CHECK_FALSE(unasked->device_program);
    oci::Resources resources;
    resources.devices = {DeviceRule{}};
    auto inside = limits_for(resources, dirs, {.unprivileged = true});
    REQUIRE(inside);
    REQUIRE(inside->device_program);
    CHECK(inside->device_program->on_failure == OnFailure::warn);
}

TEST_CASE("a container without a devices controller is refused") {
    std::vector<CgroupDir> dirs = {
        {.mountpoint = "/cg/memory", .path = "/x", .controllers = {"memory"}}};
    auto limits = limits_for({}, dirs);
    REQUIRE(!limits);
    CHECK(limits.error().message() ==
          "cannot set device rules: no cgroup hierarchy has the devices controller "
          "(config.json: /linux/resources/devices)");
    CHECK(limits_for({}, dirs, {.devices = Devices::keep}));
    auto unasked = limits_for({}, dirs, {.unprivileged = true});
    REQUIRE(unasked);
    CHECK(unasked->warnings.empty());
    oci::Resources resources;
    resources.devices = {DeviceRule{}};
    auto inside = limits_for(resources, dirs, {.unprivileged = true});
    REQUIRE(inside);
    REQUIRE(inside->warnings.size() == 1);
    CHECK(inside->warnings[0].text ==
          "device rules are ignored: no cgroup hierarchy has the devices controller");
}

TEST_CASE("device rules without access or about pipes are refused with their pointer") {
    std::vector<CgroupDir> dirs = {
        {.mountpoint = "/cg", .path = "/x", .controllers = {}, .version = 2}};
    auto refusal = [&](DeviceRule rule) {
        oci::Resources resources;
        resources.devices = {kDenyAll, rule};
        auto limits = limits_for(resources, dirs);
        return limits ? "none" : limits.error().message();
    };
    CHECK(refusal(allow(DeviceType::character, 1, 3, 0)) ==
          "device access at 1 field cannot be empty (config.json: "
          "/linux/resources/devices/1/access)");
    CHECK(refusal(allow(DeviceType::fifo, 1, 3, kR)) ==
          "device rules support only character and block devices (config.json: "
          "/linux/resources/devices/1/type)");
}
