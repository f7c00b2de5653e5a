// Mount options: a line with the type of the mount, and then one option in each line. What they
// mean does not contradict itself, and a plan that mounts it can be read and explained.

#include "oci-spec/parsers.h"
#include "oci-spec/rules.h"
#include "oci-spec/vocabulary.h"
#include "runtime/base/text.h"
#include "runtime/plan/explain.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/hosts.h"
#include "tests/fuzz/plan_reader.h"

namespace {

using namespace crux;

constexpr const char* kConfig = R"({"ociVersion": "1.3.0", "root": {"path": "rootfs"},
    "process": {"args": ["/bin/true"], "cwd": "/", "user": {"uid": 0, "gid": 0}},
    "linux": {"namespaces": [{"type": "mount"}]}})";

void check_attributes(const oci::MountAttributes& attributes) {
    // An access time mode clears the whole mask first.
    hold((attributes.set & attributes.clear & ~oci::kMountAttrAtimeMask) == 0);
    const bool has_mode = (attributes.set & oci::kMountAttrAtimeMask) != 0;
    hold(!has_mode || (attributes.clear & oci::kMountAttrAtimeMask) == oci::kMountAttrAtimeMask);
}

void check_options(const oci::MountOptions& options, std::size_t count) {
    check_attributes(options.attributes);
    check_attributes(options.recursive_attributes);
    hold((options.superblock_set & options.superblock_clear) == 0);
    hold(options.data.size() + options.propagation.size() <= count);
    for (const std::string& word : options.data) {
        hold(!word.empty());
        for (const oci::MountOptionWord& known : oci::kMountOptions) hold(word != known.name);
    }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    static const oci::Config base = oci::parse_config(kConfig).config;
    const std::vector<std::string_view> lines = split(text_of(bytes, size), '\n');
    oci::Mount mount;
    mount.destination = "/data";
    mount.source = "/source";
    mount.type = lines[0];
    mount.options.assign(lines.begin() + 1, lines.end());
    mount.parsed = oci::parse_mount_options(mount.options);
    check_options(mount.parsed, mount.options.size());
    oci::Config config = base;
    config.mounts.push_back(std::move(mount));
    if (oci::check_config(config).has_errors()) return 0;
    plan::Inputs inputs;
    inputs.config = &config;
    inputs.facts = &hosts()[0];
    inputs.id = "fuzz";
    inputs.bundle = "/bundle";
    inputs.rootfs = "/bundle/rootfs";
    const auto plan = plan::build(inputs);
    if (!plan) {
        hold(!plan.error().message().empty());
        return 0;
    }
    read_as_init(plan->bytes());
    hold(!plan::explain_text(*plan).empty());
    return 0;
}
