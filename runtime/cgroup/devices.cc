#include "runtime/cgroup/devices.h"

#include <algorithm>

#include "runtime/base/text.h"
#include "runtime/cgroup/controllers.h"

namespace crux::cgroup {

namespace {

using oci::DeviceAccess;
using oci::DeviceRule;
using oci::DeviceType;

/// What every container may do: make any node (which gives no access), and use the default devices
/// and pseudoterminals of config-linux.md.
constexpr struct {
    std::optional<std::uint32_t> major;
    std::optional<std::uint32_t> minor;
    DeviceType type;
    DeviceAccess access;
} kDefaults[] = {
    {std::nullopt, std::nullopt, DeviceType::character, oci::kDeviceMknod},
    {std::nullopt, std::nullopt, DeviceType::block, oci::kDeviceMknod},
    {1, 3, DeviceType::character, oci::kDeviceAllAccess},               // null
    {1, 5, DeviceType::character, oci::kDeviceAllAccess},               // zero
    {1, 7, DeviceType::character, oci::kDeviceAllAccess},               // full
    {1, 8, DeviceType::character, oci::kDeviceAllAccess},               // random
    {1, 9, DeviceType::character, oci::kDeviceAllAccess},               // urandom
    {5, 0, DeviceType::character, oci::kDeviceAllAccess},               // tty
    {5, 2, DeviceType::character, oci::kDeviceAllAccess},               // ptmx
    {136, std::nullopt, DeviceType::character, oci::kDeviceAllAccess},  // pts/*
};

bool names_all(const DeviceRule& rule) {
    return !rule.major && !rule.minor && rule.access == oci::kDeviceAllAccess;
}

/// Whether the rule decides about every request.
bool is_total(const DeviceRule& rule) {
    return rule.type == DeviceType::all && names_all(rule);
}

bool covers(const std::optional<std::uint32_t>& wide, const std::optional<std::uint32_t>& narrow) {
    return !wide || wide == narrow;
}

bool meets(const std::optional<std::uint32_t>& one, const std::optional<std::uint32_t>& other) {
    return !one || !other || one == other;
}

// The rules are compared with each other, and the kernel compares each line with all earlier ones.
constexpr std::size_t kMostRules = 4096;
constexpr std::size_t kMostLines = 4 * kMostRules;

/// The state of the v1 controller: a default, and exceptions from it.
class V1State {
 public:
    explicit V1State(std::vector<std::string>& weaker) : weaker_(weaker) {}

    Status apply(const OriginRule& given) {
        if (is_total(given.rule)) {
            allows_ = given.rule.allow;
            reset_origin_ = given.origin;
            exceptions_.clear();
            return {};
        }
        if (given.rule.type != DeviceType::all) return apply_one(given);
        // The controller treats "a" as a reset, whatever follows in the line.
        for (DeviceType type : {DeviceType::character, DeviceType::block}) {
            OriginRule one = given;
            one.rule.type = type;
            TRY(apply_one(one));
        }
        return {};
    }

    [[nodiscard]] std::vector<DeviceLine> lines() const {
        std::vector<DeviceLine> lines = {{allows_, "a", reset_origin_}};
        for (const OriginRule& exception : completed())
            lines.push_back({!allows_, text_of(exception.rule), exception.origin});
        return lines;
    }

 private:
    Status apply_one(const OriginRule& given) {
        if (given.rule.allow != allows_) {
            add(given);
            return {};
        }
        return remove(given);
    }

    static bool same_devices(const DeviceRule& one, const DeviceRule& other) {
        return one.type == other.type && one.major == other.major && one.minor == other.minor;
    }

    void add(const OriginRule& given) {
        for (OriginRule& exception : exceptions_) {
            if (!same_devices(exception.rule, given.rule)) continue;
            exception.rule.access |= given.rule.access;
            exception.is_default = exception.is_default && given.is_default;
            return;
        }
        exceptions_.push_back(given);
    }

    /// Removes the access from every exception. The kernel would silently keep an exception that is
    /// wider than the rule, so that is refused.
    Status remove(const OriginRule& given) {
        for (OriginRule& exception : exceptions_) {
            const DeviceRule& wide = exception.rule;
            if (wide.type != given.rule.type || (wide.access & given.rule.access) == 0) continue;
            if (!meets(wide.major, given.rule.major) || !meets(wide.minor, given.rule.minor))
                continue;
            if (covers(given.rule.major, wide.major) && covers(given.rule.minor, wide.minor)) {
                exception.rule.access &= static_cast<DeviceAccess>(~given.rule.access);
                continue;
            }
            if (!exception.is_default) return refuse(given, wide);
            weaker_.push_back(given.origin);
        }
        std::erase_if(exceptions_, [](const OriginRule& item) { return item.rule.access == 0; });
        return {};
    }

    static Status refuse(const OriginRule& given, const DeviceRule& wide) {
        std::string text =
            cat("device rule ", quoted(text_of(given.rule)),
                " is not supported by cgroup v1: it changes only a part of the wider rule ",
                quoted(text_of(wide)));
        return std::unexpected(Error(Error::Kind::unsupported, std::move(text)).at(given.origin));
    }

    /// The exceptions, and where one allows reading and another writing, the devices that they
    /// share with both: the kernel requires one exception that covers the whole request.
    [[nodiscard]] std::vector<OriginRule> completed() const {
        std::vector<OriginRule> all = exceptions_;
        if (allows_) return all;
        constexpr DeviceAccess kBoth = oci::kDeviceRead | oci::kDeviceWrite;
        for (const OriginRule& reads : exceptions_)
            for (const OriginRule& writes : exceptions_) {
                if ((reads.rule.access & kBoth) != oci::kDeviceRead ||
                    (writes.rule.access & kBoth) != oci::kDeviceWrite)
                    continue;
                if (reads.rule.type != writes.rule.type ||
                    !meets(reads.rule.major, writes.rule.major) ||
                    !meets(reads.rule.minor, writes.rule.minor))
                    continue;
                if (all.size() > kMostLines) return all;
                OriginRule shared = writes;
                if (!shared.rule.major) shared.rule.major = reads.rule.major;
                if (!shared.rule.minor) shared.rule.minor = reads.rule.minor;
                shared.rule.access = kBoth;
                all.push_back(shared);
            }
        return all;
    }

    static std::string text_of(const DeviceRule& rule) {
        std::string text = rule.type == DeviceType::character ? "c " : "b ";
        text += rule.major ? cat(*rule.major) : "*";
        text += ':';
        text += rule.minor ? cat(*rule.minor) : "*";
        text += ' ';
        if ((rule.access & oci::kDeviceRead) != 0) text += 'r';
        if ((rule.access & oci::kDeviceWrite) != 0) text += 'w';
        if ((rule.access & oci::kDeviceMknod) != 0) text += 'm';
        return text;
    }

    bool allows_ = false;
    std::string reset_origin_;
    std::vector<OriginRule> exceptions_;
    std::vector<std::string>& weaker_;
};

Status check_rules(const LimitsBuilder& builder, const std::vector<DeviceRule>& list) {
    for (std::size_t i = 0; i < list.size(); ++i) {
        if (list[i].type == DeviceType::fifo)
            return LimitsBuilder::refuse(builder.origin("/devices", i, "/type"),
                                         "device rules support only character and block devices");
        if (list[i].access == 0)
            return LimitsBuilder::refuse(builder.origin("/devices", i, "/access"),
                                         cat("device access at ", i, " field cannot be empty"));
    }
    return {};
}

Status add_lines(LimitsBuilder& builder, ControllerLocation location,
                 const std::vector<OriginRule>& rules) {
    if (builder.options().unprivileged) {
        builder.warn(builder.origin("/devices"),
                     "device rules are ignored: cgroup v1 accepts them only from root of the "
                     "initial user namespace");
        return {};
    }
    std::vector<std::string> weaker;
    std::vector<DeviceLine> lines = TRY(device_lines(rules, weaker));
    for (DeviceLine& line : lines)
        builder.add(location, line.allow ? "devices.allow" : "devices.deny", std::move(line.text),
                    std::move(line.origin));
    for (std::string& origin : weaker)
        builder.warn(std::move(origin),
                     "cgroup v1 still allows mknod of the device; opening it is denied");
    return {};
}

}  // namespace

std::vector<OriginRule> device_rules(const std::vector<DeviceRule>& list,
                                     const std::string& pointer) {
    std::ptrdiff_t defaults_at = std::ssize(list);
    auto is_blanket = [&](std::ptrdiff_t at) {
        const DeviceRule& rule = list[static_cast<std::size_t>(at)];
        return !rule.allow && names_all(rule);
    };
    while (defaults_at > 0 && !is_blanket(defaults_at - 1)) --defaults_at;
    std::vector<OriginRule> rules = {{DeviceRule{}, pointer, true}};
    auto take = [&](std::ptrdiff_t from, std::ptrdiff_t to) {
        for (std::ptrdiff_t i = from; i < to; ++i)
            rules.push_back({list[static_cast<std::size_t>(i)], cat(pointer, "/", i), false});
    };
    take(0, defaults_at);
    for (const auto& [major, minor, type, access] : kDefaults)
        rules.push_back(
            {{.allow = true, .type = type, .major = major, .minor = minor, .access = access},
             pointer,
             true});
    take(defaults_at, std::ssize(list));
    return rules;
}

Result<std::vector<DeviceLine>> device_lines(std::span<const OriginRule> rules,
                                             std::vector<std::string>& weaker) {
    const auto too_many = [&](std::size_t most, std::string_view what) {
        return std::unexpected(
            Error(Error::Kind::unsupported,
                  cat("device rules exceed the limit of ", most, ' ', what, " with cgroup v1"))
                .at(rules.back().origin));
    };
    if (rules.size() > kMostRules) return too_many(kMostRules, "rules");
    V1State state(weaker);
    for (const OriginRule& rule : rules) TRY(state.apply(rule));
    std::vector<DeviceLine> lines = state.lines();
    if (lines.size() > kMostLines) return too_many(kMostLines, "lines");
    return lines;
}

Status add_devices(LimitsBuilder& builder, const std::vector<DeviceRule>& list) {
    TRY(check_rules(builder, list));
    // No rules are requested, and the default rules cannot be set: a process that is not root of
    // the initial user namespace cannot make device nodes anyway.
    if (builder.options().unprivileged && list.empty()) return {};
    std::string pointer = builder.origin("/devices");
    std::vector<OriginRule> rules = device_rules(list, pointer);
    std::optional<ControllerLocation> v1 = builder.find_location("devices", "");
    if (v1) return add_lines(builder, *v1, rules);
    int unified = unified_dir(builder.dirs());
    if (unified >= 0) {
        builder.limits.device_program = DeviceProgram{
            .dir = static_cast<std::uint32_t>(unified),
            .instructions = device_program(rules),
            .origin = pointer,
            .on_failure = builder.options().unprivileged ? OnFailure::warn : OnFailure::error};
        return {};
    }
    // Without the controller the container could open every device of the host (R9).
    if (builder.options().unprivileged) {
        builder.warn(pointer,
                     "device rules are ignored: no cgroup hierarchy has the devices controller");
        return {};
    }
    return std::unexpected(
        Error(Error::Kind::unsupported,
              "cannot set device rules: no cgroup hierarchy has the devices controller")
            .at(pointer));
}

}  // namespace crux::cgroup
