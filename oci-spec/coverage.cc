#include "oci-spec/coverage.h"

#include <algorithm>
#include <array>
#include <set>

#include "oci-spec/json_tree.h"
#include "oci-spec/json_writer.h"
#include "runtime/base/text.h"

namespace crux::oci {

namespace {

using json::Kind;

bool holds_objects(const json::Node& node) {
    return std::ranges::any_of(node.children,
                               [](const json::Node& child) { return child.kind == Kind::object; });
}

bool asks_nothing(const json::Node& node) {
    switch (node.kind) {
        case Kind::boolean:
        case Kind::positive:
        case Kind::negative:
            return node.number == 0;
        case Kind::string:
            return node.text.empty();
        case Kind::array:
        case Kind::object:
            return node.children.empty();
        case Kind::fraction:
        case Kind::null:
            break;
    }
    return false;
}

void collect(const json::Node& node, const std::string& pointer, std::vector<Property>& out) {
    if (node.kind == Kind::object && !node.children.empty()) {
        for (const json::Node& child : node.children)
            collect(child, pointer + pointer_token(child.key), out);
    } else if (node.kind == Kind::array && holds_objects(node)) {
        for (std::size_t index = 0; index < node.children.size(); ++index)
            collect(node.children[index], cat(pointer, '/', index), out);
    } else if (node.kind != Kind::null && !pointer.empty()) {
        out.push_back({pointer, asks_nothing(node)});
    }
}

/// Properties without a step of their own in the plan of create.
struct Elsewhere {
    std::string_view place;
    Treatment treatment;
    std::string_view why;
};
constexpr auto kElsewhere = std::array{
    Elsewhere{"/ociVersion", Treatment::applied, ""},
    // On the host there is one step for all hooks of a moment.
    Elsewhere{"/hooks", Treatment::applied, ""},
    Elsewhere{"/process/execCPUAffinity", Treatment::applied, ""},                   // by exec
    Elsewhere{"/linux/resources/memory/checkBeforeUpdate", Treatment::applied, ""},  // by update
    Elsewhere{"/annotations/run.oci.keep_original_groups", Treatment::applied, ""},
    Elsewhere{"/annotations/run.oci.seccomp_fail_unknown_syscall", Treatment::applied, ""},
    Elsewhere{"/annotations/org.opencontainers.image.stopSignal", Treatment::applied, ""},  // kill
    Elsewhere{"/annotations/run.oci.systemd.subgroup", Treatment::kept,
              "has an effect only with --systemd-cgroup"},
    Elsewhere{"/annotations/org.systemd.property.", Treatment::kept,
              "has an effect only with --systemd-cgroup"},
    Elsewhere{"/annotations/", Treatment::kept, "is for other programs: state and hooks show it"},
};

/// Properties of cgroup v1, and the approximation on cgroup v2.
struct Approximation {
    std::string_view pointer;
    std::string_view why;
};
constexpr auto kOnUnified = std::array{
    Approximation{"/linux/resources/cpu/shares",
                  "cgroup v2 uses cpu.weight: a different scale with the same order"},
    Approximation{"/linux/resources/memory/reservation",
                  "cgroup v2 uses memory.low: a protection, not a soft limit"},
    Approximation{"/linux/resources/blockIO/weight",
                  "cgroup v2 uses io.weight or io.bfq.weight: a different scale"},
    Approximation{"/linux/resources/memory/swap",
                  "cgroup v2 limits swap without memory: the difference from memory.limit"},
};

bool covers(const std::string& place, const std::string& pointer) {
    return pointer == place || (pointer.starts_with(place) && pointer[place.size()] == '/');
}

/// Whether the warning means that the property has no effect.
bool says_ignored(const Diagnostic& warning) {
    return warning.text.find("ignored") != std::string::npos ||
           warning.text.find("has no ") != std::string::npos;
}

/// The properties that request a step, and those above and below them; in small letters, because a
/// key may differ in case.
class Requested {
 public:
    explicit Requested(const std::vector<std::string>& origins) {
        for (const std::string& origin : origins) {
            at_.insert(small(origin));
            for (std::size_t end = origin.rfind('/'); end != 0 && end != std::string::npos;
                 end = origin.rfind('/', end - 1))
                above_.insert(small(origin.substr(0, end)));
        }
    }
    [[nodiscard]] bool have(const std::string& pointer) const {
        std::string place = small(pointer);
        if (above_.contains(place) || is_number_of_device(place)) return true;
        for (; !place.empty(); place.resize(place.rfind('/')))
            if (at_.contains(place)) return true;
        return false;
    }

 private:
    static std::string small(std::string text) {
        for (char& letter : text)
            if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
        return text;
    }
    /// The step has the place of the value beside them.
    [[nodiscard]] bool is_number_of_device(const std::string& place) const {
        const std::size_t end = place.rfind('/');
        const std::string_view name = std::string_view(place).substr(end + 1);
        return (name == "major" || name == "minor") && above_.contains(place.substr(0, end));
    }

    std::set<std::string> at_;
    std::set<std::string> above_;
};

Covered on_host(const Property& property, const Requested& requested, bool unified) {
    for (const Approximation& row : kOnUnified)
        if (unified && row.pointer == property.pointer)
            return {property.pointer, Treatment::approximated, std::string(row.why)};
    if (requested.have(property.pointer)) return {property.pointer, Treatment::applied, {}};
    for (const Elsewhere& row : kElsewhere)
        if (property.pointer.starts_with(row.place))
            return {property.pointer, row.treatment, std::string(row.why)};
    if (property.asks_nothing) return {property.pointer, Treatment::applied, {}};
    return {property.pointer, Treatment::ignored, "no step of the plan is for it"};
}

/// The warning that says that it has no effect; null if there is none.
const Diagnostic* ignoring(const std::string& pointer, const std::vector<Diagnostic>& warnings) {
    for (const Diagnostic& warning : warnings)
        if (says_ignored(warning) && !warning.pointer.empty() && covers(warning.pointer, pointer))
            return &warning;
    return nullptr;
}

void write_faults(JsonWriter& writer, std::string_view name, const std::vector<Diagnostic>& all) {
    writer.key(name);
    writer.begin_array();
    for (const Diagnostic& one : all) {
        writer.begin_object();
        writer.member("pointer", one.pointer);
        writer.member("text", one.text);
        writer.end_object();
    }
    writer.end_array();
}

}  // namespace

std::vector<Property> properties_of(std::string_view json) {
    Diagnostics ignored;
    std::vector<Property> out;
    if (const auto root = json::parse_tree(json, ignored)) collect(*root, "", out);
    return out;
}

std::vector<Covered> coverage_of(std::string_view json, const std::vector<Diagnostic>& warnings,
                                 const std::optional<Planned>& planned) {
    const Requested requested(planned ? planned->origins : std::vector<std::string>());
    std::vector<Covered> out;
    for (const Property& property : properties_of(json)) {
        if (const Diagnostic* warning = ignoring(property.pointer, warnings))
            out.push_back({property.pointer, Treatment::ignored, warning->text});
        else if (planned)
            out.push_back(on_host(property, requested, planned->unified));
        else
            out.push_back({property.pointer, Treatment::applied, {}});
    }
    return out;
}

std::string_view word_of(Treatment treatment) {
    switch (treatment) {
        case Treatment::applied:
            return "applied";
        case Treatment::approximated:
            return "approximated";
        case Treatment::kept:
            return "kept";
        case Treatment::ignored:
            break;
    }
    return "ignored";
}

std::string validation_json(const Diagnostics& diagnostics, const std::vector<Covered>& properties,
                            bool valid) {
    JsonWriter writer("    ");
    writer.begin_object();
    writer.member("valid", valid);
    write_faults(writer, "errors", diagnostics.errors());
    write_faults(writer, "warnings", diagnostics.warnings());
    writer.key("properties");
    writer.begin_array();
    for (const Covered& one : properties) {
        writer.begin_object();
        writer.member("pointer", one.pointer);
        writer.member("treatment", word_of(one.treatment));
        if (!one.why.empty()) writer.member("why", one.why);
        writer.end_object();
    }
    writer.end_array();
    writer.end_object();
    return writer.take() + '\n';
}

}  // namespace crux::oci
