#include "oci-spec/config.h"

#include <array>

#include "oci-spec/idmap_option.h"
#include "oci-spec/parsers.h"
#include "oci-spec/semver.h"

namespace crux::oci {

namespace {

constexpr std::array<std::string_view, 5> kOtherPlatforms = {"vm", "windows", "solaris", "zos",
                                                             "freebsd"};

std::string read_version(const Reader& r) {
    std::string text = r.required_string();
    if (text.empty()) return text;
    const auto version = parse_version(text);
    const Version ours = *parse_version(kSpecVersion);
    if (!version)
        r.error(cat("expected a SemVer 2.0.0 version such as \"", kSpecVersion, "\", not ",
                    quoted(text)));
    else if (version->major == 0)
        r.warn(cat("version ", text, " is older than 1.0.0, and is read as 1.0.0"));
    else if (version->major != ours.major)
        r.error(
            cat("version ", text, " is not supported (supported: 1.0.0 to ", kSpecVersion, ')'));
    else if (version->minor > ours.minor)
        r.warn(cat("version ", text, " is newer than ", kSpecVersion,
                   ": properties that it adds are unknown"));
    return text;
}

/// Before version 1.3.0 the specification did not say what a limit of 0 processes is. Engines wrote
/// it for "no limit" then, and runtimes took it as that.
void read_as_written(Config& config) {
    constexpr std::uint32_t kZeroIsLimit = 3;  // 1.3.0
    const auto version = parse_version(config.oci_version);
    if (!version || version->major > 1 || (version->major == 1 && version->minor >= kZeroIsLimit))
        return;
    auto& limit = config.linux.resources.pids.limit;
    if (limit == 0) limit = -1;
}

Config read_config(const Reader& r) {
    for (const std::string_view platform : kOtherPlatforms) {
        const Reader section = r[platform];
        if (!section.present()) continue;
        section.ignore();
        section.warn_quietly("is for another platform, ignored on Linux");
    }
    if (const Reader root = r["root"]; !root.present()) root.error("is required");
    const Reader annotations = r["annotations"];
    StringMap annotation_map = annotations.string_map();
    Extensions extensions = read_extensions(annotation_map, annotations);
    Config config = {
        .oci_version = read_version(r["ociVersion"]),
        .root = r["root"].object(read_root),
        .mounts = r["mounts"].objects(read_mount),
        .process = r["process"].optional(read_process),
        .hostname = r["hostname"].string(),
        .domainname = r["domainname"].string(),
        .linux = r["linux"].object(read_linux),
        .hooks = r["hooks"].object(read_hooks),
        .annotations = std::move(annotation_map),
        .extensions = std::move(extensions),
    };
    read_as_written(config);
    make_absolute(config);
    return config;
}

template <class Function>
auto parse(std::string_view json, const Function& read, Diagnostics& diagnostics) {
    std::invoke_result_t<Function, const Reader&> out;
    const auto root = json::parse_tree(json, diagnostics);
    if (!root) return out;
    const Reader reader(*root, diagnostics);
    if (root->kind != json::Kind::object)
        reader.error(cat("expected an object, not ", json::describe(root->kind)));
    else
        out = read(reader);
    json::AskedKeys asked(*root);
    if (asked.empty()) return out;
    Diagnostics known;
    (void)read(Reader(*root, known, &asked));
    json::warn_unread(*root, asked, diagnostics);
    return out;
}

}  // namespace

Root read_root(const Reader& r) {
    return {
        .path = r["path"].required_string(),
        .readonly = r["readonly"].boolean(),
    };
}

Parsed parse_config(std::string_view json) {
    Parsed out;
    out.config = parse(json, read_config, out.diagnostics);
    return out;
}

ParsedProcess parse_process(std::string_view json) {
    ParsedProcess out;
    out.process = parse(json, read_process, out.diagnostics);
    return out;
}

ParsedResources parse_resources(std::string_view json) {
    ParsedResources out;
    out.resources = parse(json, read_resources, out.diagnostics);
    return out;
}

}  // namespace crux::oci
