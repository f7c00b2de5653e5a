#include "runtime/plan/describe_parts.h"

#include <array>

#include "oci-spec/types.h"
#include "oci-spec/vocabulary.h"
#include "runtime/base/text.h"
#include "runtime/plan/describe.h"

namespace crux::plan {

namespace {

std::string parameter_words(const Plan& plan, List parameters) {
    std::string words;
    for (const Parameter& parameter : plan.list<Parameter>(parameters))
        add_word(words, parameter_text(plan, parameter));
    return words;
}

std::string joined(const std::string& first, const std::string& second) {
    if (first.empty() || second.empty()) return first + second;
    return cat(first, ',', second);
}

}  // namespace

std::string parameter_text(const Plan& plan, const Parameter& parameter) {
    if (parameter.has_value == 0) return std::string(plan.text(parameter.key));
    return cat(plan.text(parameter.key), '=', plan.text(parameter.value));
}

std::string describe_mount(const Plan& plan, const Mount& mount) {
    std::string words = joined(
        attribute_words(mount.attributes),
        joined(parameter_words(plan, mount.parameters), propagation_words(mount.propagation)));
    if ((mount.flags & kCopyUp) != 0) add_word(words, "tmpcopyup");
    for (const MountCall& call : plan.list<MountCall>(mount.call))
        add_word(words, call.apart != 0 ? "by mount(2) in another mount namespace" : "by mount(2)");
    const std::string_view source = plan.text(mount.source);
    const std::string_view type = plan.text(mount.type);
    // The source of most kernel filesystems has no meaning.
    const std::string from = source.starts_with('/') ? cat(' ', source) : std::string();
    return cat("mount ", type, from, " on ", in_container(plan, mount.target), bracketed(words));
}

std::string describe_bind(const Plan& plan, const Bind& bind) {
    std::string words = (bind.flags & kRecursive) != 0 ? "rbind" : "bind";
    words = joined(words,
                   joined(attribute_words(bind.attributes), propagation_words(bind.propagation)));
    const SlotUse* use = use_of(plan, bind.from != kNoSlot ? bind.from : bind.idmap);
    if (use != nullptr && (!use->uid_map.empty() || !use->idmap_path.empty()))
        add_word(words, "idmap");
    if (bind.from != kNoSlot) add_word(words, "opened by crux on the host");
    if ((bind.flags & kSourceMapped) != 0) add_word(words, "idmap");
    return cat("mount ", plan.text(bind.source), " on ", in_container(plan, bind.target),
               bracketed(words));
}

std::string describe_attributes(const Plan& plan, const ChangeAttributes& change) {
    const std::string words = joined(
        attribute_words(change.attributes),
        joined(parameter_words(plan, change.parameters), propagation_words(change.propagation)));
    const std::string target = in_container(plan, change.target);
    if (words == "ro") return cat("make ", target, " read-only");
    return cat("change the mount on ", target, bracketed(words));
}

std::string describe_node(const Plan& plan, const DeviceNode& node) {
    constexpr std::uint32_t kTypeMask = 0170000;
    constexpr std::uint32_t kFifo = 0010000;
    constexpr std::uint32_t kBlock = 0060000;
    const std::string path = in_container(plan, node.path);
    const std::uint32_t type = node.mode & kTypeMask;
    const std::string mode = cat("mode ", octal(node.mode & ~kTypeMask));
    const std::string owner =
        node.uid == 0 && node.gid == 0 ? "" : cat(", owner ", node.uid, ':', node.gid);
    if (type == kFifo) return cat("create the FIFO ", path, " (", mode, owner, ')');
    const std::string number = cat(type == kBlock ? 'b' : 'c', ' ', node.major, ':', node.minor);
    if (node.bind_from_host != 0)
        return cat("bind the host's ", path, " on ", path, " (", number, ')');
    return cat("create the device node ", path, " (", number, ", ", mode, owner, ')');
}

std::string describe_enter_root(const EnterRoot& enter) {
    switch (enter.how) {
        case EnterRootHow::pivot:
            return "make the root filesystem the new / and unmount the host's tree";
        case EnterRootHow::move:
            return "move the mount of the root filesystem to / and chroot into it";
        case EnterRootHow::chroot:
            return "chroot into the root filesystem";
    }
    return "enter the root filesystem";
}

std::string describe_propagation(const Propagation& propagation) {
    const bool recursive = (propagation.in_order & kPropagateRecursive) != 0;
    return cat("set the propagation of ", recursive ? "every mount" : "the mount on /", " to ",
               propagation_words(propagation.in_order));
}

std::string describe_root(const Plan& plan, const Root& root) {
    std::string path = cat("open the root filesystem ", plan.text(root.path));
    if (root.keep_mount != 0) return path;
    return cat(path, " and bind it on itself", root.from == kNoSlot ? "" : ", ID-mapped");
}

}  // namespace crux::plan
