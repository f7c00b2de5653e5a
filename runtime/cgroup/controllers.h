#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/cgroup/limits.h"

/// For this directory only: each controller adds its settings to one builder.
namespace crux::cgroup {

/// Where a controller is on this host: its directory and the cgroup version whose files apply.
struct ControllerLocation {
    std::uint32_t dir = 0;
    int version = 1;
};

/// Collects the settings, the warnings and the device program of a container.
class LimitsBuilder {
 public:
    LimitsBuilder(std::span<const CgroupDir> dirs, const LimitsOptions& options)
        : dirs_(dirs), options_(options) {}

    [[nodiscard]] std::span<const CgroupDir> dirs() const { return dirs_; }
    [[nodiscard]] const LimitsOptions& options() const { return options_; }

    /// A pointer below the resources: origin("/memory/limit").
    [[nodiscard]] std::string origin(std::string_view below) const;
    [[nodiscard]] std::string origin(std::string_view list, std::size_t index,
                                     std::string_view below = {}) const;

    /// The controller's directory; an error, with the pointer below the resources, if no hierarchy
    /// has the controller.
    [[nodiscard]] Result<ControllerLocation> location(std::string_view v1_name,
                                                      std::string_view v2_name,
                                                      std::string_view below) const;
    /// Like location, for a controller that may be missing.
    [[nodiscard]] std::optional<ControllerLocation> find_location(std::string_view v1_name,
                                                                  std::string_view v2_name) const;

    /// Adds a setting and returns it, so that the caller can change the exceptional fields.
    Setting& add(ControllerLocation location, std::string_view file, std::string value,
                 std::string origin);
    void warn(std::string origin, std::string text);
    [[nodiscard]] static std::unexpected<Error> refuse(const std::string& origin, std::string text);
    /// What only cgroup v1 supports is an error on v2 (config-linux.md, Unified), also where runc
    /// ignores it.
    [[nodiscard]] static std::unexpected<Error> refuse_on_v2(const std::string& origin) {
        return refuse(origin, kNotOnV2);
    }
    /// The same for what callers set by habit: a warning, unless the limits are strict.
    Status ignore_on_v2(const std::string& origin);

    Limits limits;

 private:
    static constexpr const char* kNotOnV2 = "not supported by cgroup v2";

    std::span<const CgroupDir> dirs_;
    const LimitsOptions& options_;
};

Status add_memory(LimitsBuilder& builder, const oci::MemoryResources& asked);
Status add_cpu(LimitsBuilder& builder, const oci::CpuResources& cpu);
Status add_cpuset(LimitsBuilder& builder, const oci::CpuResources& cpu);
Status add_pids(LimitsBuilder& builder, const oci::PidsResources& pids);
Status add_block_io(LimitsBuilder& builder, const oci::BlockIoResources& io);
Status add_hugetlb(LimitsBuilder& builder, const std::vector<oci::HugepageLimit>& limits);
Status add_rdma(LimitsBuilder& builder, const std::vector<oci::RdmaLimit>& limits);
Status add_network(LimitsBuilder& builder, const oci::NetworkResources& network);
Status add_devices(LimitsBuilder& builder, const std::vector<oci::DeviceRule>& list);
Status add_unified(LimitsBuilder& builder, const oci::StringMap& unified);

/// A name as a token of a JSON pointer (RFC 6901).
std::string pointer_token(std::string_view name);

/// The weight of cgroup v2 (1 to 10000, default 100) for shares (2 to 262144, default 1024), by the
/// curve that runc and crun have used since 2025: quadratic in the logarithm, through the minimum,
/// the maximum and the default.
std::uint64_t weight_of_shares(std::uint64_t shares);

/// The io.weight (1 to 10000) for a blkio weight (10 to 1000), linear.
std::uint64_t io_weight_of(std::uint16_t weight);

}  // namespace crux::cgroup
