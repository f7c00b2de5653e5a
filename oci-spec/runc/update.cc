#include "oci-spec/runc/update.h"

#include <algorithm>
#include <map>
#include <set>
#include <type_traits>
#include <utility>

#include "oci-spec/json_tree.h"
#include "oci-spec/json_writer.h"

namespace crux::oci {

namespace {

void take(auto& into, const auto& change) {
    if (change) into = change;
}

/// For values for which callers send 0 as "not set".
void take_set(auto& into, const auto& change) {
    if (change.value_or(0) != 0) into = change;
}

void take_text(std::string& into, const std::string& change) {
    if (!change.empty()) into = change;
}

/// Replaces the entry for the same object (with the same key) in the list, or appends it. Other
/// entries for that object are removed: the last one would override the change.
void take_entries(auto& list, const auto& changes, auto key_of) {
    using Key = std::decay_t<decltype(key_of(list.front()))>;
    std::map<Key, const typename std::decay_t<decltype(changes)>::value_type*> wanted;
    for (const auto& change : changes) wanted[key_of(change)] = &change;
    std::set<Key> done;
    std::erase_if(list, [&](auto& entry) {
        const auto found = wanted.find(key_of(entry));
        if (found == wanted.end()) return false;
        if (!done.insert(found->first).second) return true;
        entry = *found->second;
        return false;
    });
    for (const auto& change : changes)
        if (done.insert(key_of(change)).second) list.push_back(*wanted[key_of(change)]);
}

constexpr auto kDevice = [](const auto& entry) { return std::pair(entry.major, entry.minor); };

void take_memory(MemoryResources& memory, const MemoryResources& changes) {
    take_set(memory.limit, changes.limit);
    take_set(memory.reservation, changes.reservation);
    take_set(memory.swap, changes.swap);
    take(memory.kernel, changes.kernel);
    take(memory.kernel_tcp, changes.kernel_tcp);
    take(memory.swappiness, changes.swappiness);
    take(memory.disable_oom_killer, changes.disable_oom_killer);
    take(memory.use_hierarchy, changes.use_hierarchy);
    memory.check_before_update = changes.check_before_update;
    if (changes.limit == -1 && changes.swap.value_or(0) == 0) memory.swap.reset();
}

void take_cpu(CpuResources& cpu, const CpuResources& changes) {
    take_set(cpu.shares, changes.shares);
    take_set(cpu.quota, changes.quota);
    take(cpu.burst, changes.burst);
    take_set(cpu.period, changes.period);
    take_set(cpu.realtime_runtime, changes.realtime_runtime);
    take_set(cpu.realtime_period, changes.realtime_period);
    take_text(cpu.cpus, changes.cpus);
    take_text(cpu.mems, changes.mems);
    take(cpu.idle, changes.idle);
    if (changes.idle && changes.shares.value_or(0) == 0) cpu.shares.reset();
}

void take_block_io(BlockIoResources& io, const BlockIoResources& changes) {
    take_set(io.weight, changes.weight);
    take_set(io.leaf_weight, changes.leaf_weight);
    take_entries(io.weight_device, changes.weight_device, kDevice);
    take_entries(io.throttle_read_bps_device, changes.throttle_read_bps_device, kDevice);
    take_entries(io.throttle_write_bps_device, changes.throttle_write_bps_device, kDevice);
    take_entries(io.throttle_read_iops_device, changes.throttle_read_iops_device, kDevice);
    take_entries(io.throttle_write_iops_device, changes.throttle_write_iops_device, kDevice);
}

void take_unified(StringMap& unified, const StringMap& changes) {
    take_entries(unified, changes, [](const auto& entry) { return entry.first; });
}

bool has_key(const StringMap& unified, std::string_view key) {
    return std::ranges::any_of(unified, [key](const auto& entry) { return entry.first == key; });
}

/// An idle cgroup has no weight: a caller that sets a weight and not idle wants to end the idle
/// mode.
void end_idle(Resources& after, const Resources& changes) {
    const bool weighs = changes.cpu.shares.value_or(0) != 0 ||
                        has_key(changes.unified, "cpu.weight") ||
                        has_key(changes.unified, "cpu.weight.nice");
    if (!weighs || changes.cpu.idle || has_key(changes.unified, "cpu.idle")) return;
    if (after.cpu.idle) after.cpu.idle = 0;
    for (auto& [key, value] : after.unified)
        if (key == "cpu.idle") value = "0";
}

void write(JsonWriter& writer, const json::Node& node);

void write_children(JsonWriter& writer, const json::Node& node) {
    for (const json::Node& child : node.children) {
        if (node.kind == json::Kind::object) writer.key(child.key);
        write(writer, child);
    }
}

void write(JsonWriter& writer, const json::Node& node) {
    switch (node.kind) {
        case json::Kind::null:
            writer.null();
            break;
        case json::Kind::boolean:
            writer.value(node.number != 0);
            break;
        case json::Kind::negative:
            writer.value(static_cast<std::int64_t>(node.number));
            break;
        case json::Kind::positive:
            writer.value(node.number);
            break;
        case json::Kind::fraction:
            writer.literal(node.text);
            break;
        case json::Kind::string:
            writer.value(node.text);
            break;
        case json::Kind::array:
            writer.begin_array();
            write_children(writer, node);
            writer.end_array();
            break;
        case json::Kind::object:
            writer.begin_object();
            write_children(writer, node);
            writer.end_object();
            break;
    }
}

/// The member of this name, which is created if it is missing.
json::Node& member(json::Node& object, std::string_view name) {
    for (json::Node& child : object.children)
        if (child.key == name) return child;
    json::Node& made = object.children.emplace_back();
    made.kind = json::Kind::object;
    made.key = name;
    return made;
}

}  // namespace

Resources updated(const Resources& before, const Resources& changes) {
    Resources after = before;
    if (!changes.devices.empty()) after.devices = changes.devices;
    take_memory(after.memory, changes.memory);
    take_cpu(after.cpu, changes.cpu);
    take_block_io(after.block_io, changes.block_io);
    take_entries(after.hugepage_limits, changes.hugepage_limits,
                 [](const HugepageLimit& entry) { return entry.page_size; });
    take(after.network.class_id, changes.network.class_id);
    take_entries(after.network.priorities, changes.network.priorities,
                 [](const InterfacePriority& entry) { return entry.name; });
    take(after.pids.limit, changes.pids.limit);
    take_entries(after.rdma, changes.rdma, [](const RdmaLimit& entry) { return entry.device; });
    take_unified(after.unified, changes.unified);
    end_idle(after, changes);
    return after;
}

std::vector<std::string> named_by(const Resources& changes) {
    Diagnostics diagnostics;
    std::vector<std::string> pointers;
    const std::optional<json::Node> root = json::parse_tree(resources_json(changes), diagnostics);
    if (!root) return pointers;
    for (const json::Node& section : root->children) {
        if (section.kind != json::Kind::object) pointers.push_back(cat('/', section.key));
        if (section.kind != json::Kind::object) continue;
        for (const json::Node& property : section.children)
            pointers.push_back(cat('/', section.key, pointer_token(property.key)));
    }
    return pointers;
}

bool same_rules(const std::vector<DeviceRule>& left, const std::vector<DeviceRule>& right) {
    return std::ranges::equal(left, right, [](const DeviceRule& one, const DeviceRule& other) {
        return one.allow == other.allow && one.type == other.type && one.major == other.major &&
               one.minor == other.minor && one.access == other.access;
    });
}

namespace {

void set(json::Node& object, std::string_view name, const auto& value) {
    if (!value) return;
    json::Node& node = member(object, name);
    node.children.clear();
    node.kind = std::cmp_less(*value, 0) ? json::Kind::negative : json::Kind::positive;
    node.number = static_cast<std::uint64_t>(*value);
}

void set_text(json::Node& object, std::string_view name, const std::string& value) {
    if (value.empty()) return;
    json::Node& node = member(object, name);
    node.children.clear();
    node.kind = json::Kind::string;
    node.text = value;
}

}  // namespace

std::string with_runc_resources(std::string_view state, const Resources& resources) {
    Diagnostics diagnostics;
    std::optional<json::Node> root = json::parse_tree(state, diagnostics);
    if (!root) return std::string(state);
    json::Node& cgroups = member(member(*root, "config"), "cgroups");
    const MemoryResources& memory = resources.memory;
    set(cgroups, "memory", memory.limit);
    set(cgroups, "memory_reservation", memory.reservation);
    set(cgroups, "memory_swap", memory.swap);
    const CpuResources& cpu = resources.cpu;
    set(cgroups, "cpu_shares", cpu.shares);
    // runc works it out from the shares once, when it creates the container. 0 leaves it alone.
    if (cpu.shares) set(cgroups, "cpu_weight", std::optional<std::uint64_t>(0));
    set(cgroups, "cpu_quota", cpu.quota);
    set(cgroups, "cpu_burst", cpu.burst);
    set(cgroups, "cpu_period", cpu.period);
    set(cgroups, "cpu_rt_quota", cpu.realtime_runtime);
    set(cgroups, "cpu_rt_period", cpu.realtime_period);
    set(cgroups, "cpu_idle", cpu.idle);
    set_text(cgroups, "cpuset_cpus", cpu.cpus);
    set_text(cgroups, "cpuset_mems", cpu.mems);
    set(cgroups, "pids_limit", resources.pids.limit);
    set(cgroups, "blkio_weight", resources.block_io.weight);
    JsonWriter writer;
    write(writer, *root);
    return writer.take();
}

std::string with_resources(std::string_view config, const Resources& resources) {
    Diagnostics diagnostics;
    std::optional<json::Node> root = json::parse_tree(config, diagnostics);
    std::optional<json::Node> changed = json::parse_tree(resources_json(resources), diagnostics);
    if (!root || !changed) return std::string(config);
    json::Node& place = member(member(*root, "linux"), "resources");
    changed->key = std::move(place.key);
    place = std::move(*changed);
    JsonWriter writer("\t");
    write(writer, *root);
    return writer.take() + '\n';
}

}  // namespace crux::oci
