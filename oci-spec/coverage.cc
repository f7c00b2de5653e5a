#include "oci-spec/coverage.h"

#include <algorithm>
#include <array>

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

void collect(const json::Node& node, const std::string& pointer, std::vector<std::string>& out) {
    if (node.kind == Kind::object && !node.children.empty()) {
        for (const json::Node& child : node.children)
            collect(child, pointer + pointer_token(child.key), out);
    } else if (node.kind == Kind::array && holds_objects(node)) {
        for (std::size_t index = 0; index < node.children.size(); ++index)
            collect(node.children[index], cat(pointer, '/', index), out);
    } else if (node.kind != Kind::null && !pointer.empty()) {
        out.push_back(pointer);
    }
}

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

Covered cover(std::string pointer, const std::vector<Diagnostic>& warnings, bool unified) {
    for (const Diagnostic& warning : warnings)
        if (says_ignored(warning) && !warning.pointer.empty() && covers(warning.pointer, pointer))
            return {std::move(pointer), Treatment::ignored, warning.text};
    for (const Approximation& row : kOnUnified)
        if (unified && row.pointer == pointer)
            return {std::move(pointer), Treatment::approximated, std::string(row.why)};
    return {std::move(pointer), Treatment::applied, {}};
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

std::vector<std::string> properties_of(std::string_view json) {
    Diagnostics ignored;
    std::vector<std::string> out;
    if (const auto root = json::parse_tree(json, ignored)) collect(*root, "", out);
    return out;
}

std::vector<Covered> coverage_of(std::string_view json, const std::vector<Diagnostic>& warnings,
                                 bool unified) {
    std::vector<Covered> out;
    for (std::string& pointer : properties_of(json))
        out.push_back(cover(std::move(pointer), warnings, unified));
    return out;
}

std::string_view word_of(Treatment treatment) {
    switch (treatment) {
        case Treatment::applied:
            return "applied";
        case Treatment::approximated:
            return "approximated";
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
