#pragma once

#include "runtime/init/kernel.h"
#include "runtime/init/try.h"
#include "runtime/plan/layout.h"

namespace crux::init {

struct MadeMount;  // made_mounts.cc

/// The state of init while it applies a plan. There is one, on main's stack.
struct Context {
    const plan::Header* plan = nullptr;
    const plan::Step* step = nullptr;  ///< the one being applied
    std::uint32_t step_index = 0;

    Owned control;   ///< SOCK_SEQPACKET to the parent; closed once the container is recorded
    Owned root;      ///< the container's root directory
    Owned null;      ///< the host's /dev/null, checked: masked files show it
    Owned empty;     ///< an empty directory, once created: masked directories show it
    Owned proc_sys;  ///< /proc/sys of a bind-mounted procfs, opened before anything covers it
    MadeMount* made = nullptr;  ///< a hash table: the mounts that init has made, by path
    std::uint32_t made_places = 0;
    std::uint32_t made_count = 0;
    Owned signals;  ///< a signalfd, from "ready" until start
    Owned mapped;   ///< a copy of a mount, from when the parent has mapped its IDs until its bind
    bool tree_is_slave = false;  ///< our unmounts do not propagate to the host
    bool in_root = false;        ///< "/" is the container's root
    bool in_working_directory = false;
    std::uint32_t umask = 0;  ///< the program's
    const char* program = nullptr;
    const char** arguments = nullptr;
    const char** environment = nullptr;
    int listener = -1;                      ///< of seccomp; close-on-exec
    const plan::Seccomp* filter = nullptr;  ///< the container's, once it applies to init

    // Details that a failed step adds to its report.
    std::int32_t extra = 0;
    std::uint32_t detail_length = 0;
    char detail[sizeof(plan::InitReport::detail)] = {};

    /// The pool's bytes, starting at an offset.
    [[nodiscard]] const char* pool(std::uint32_t offset) const {
        return reinterpret_cast<const char*>(plan) + plan->pool + offset;
    }
    /// A text; NUL-terminated.
    [[nodiscard]] const char* text(plan::Text text) const { return pool(text.offset); }
    template <class T>
    [[nodiscard]] const T* items(plan::List list) const {
        return reinterpret_cast<const T*>(pool(list.offset));
    }
    [[nodiscard]] int slot(plan::SlotIndex index) const { return plan->slots[index]; }
};

/// New memory of zeros, which is valid until exec.
inline Outcome map_memory(std::size_t bytes) {
    constexpr int kReadAndWrite = 3;
    constexpr int kPrivateAnonymous = 0x22;
    return call(__NR_mmap, nullptr, bytes, kReadAndWrite, kPrivateAnonymous, -1, 0);
}
/// NULL-terminated pointers to the texts of a list and to `extra`, if any, for execve(2); in memory
/// that is valid until exec. (exec.cc)
Outcome text_pointers(Context& context, plan::List list, const char* extra, const char**& out);

/// SIG_DFL and SIG_IGN.
enum class Disposition : std::uint8_t { standard = 0, ignored = 1 };
/// rt_sigaction(2). (process.cc)
Outcome set_disposition(int signal, Disposition disposition);

/// Applies the context's current step. A successful exec does not return.
Outcome apply(Context& context);

// One function per kind of step.

Outcome start_session(Context& context);                                    // process.cc
Outcome enter_cgroup(Context& context, const plan::EnterCgroup& step);      // namespaces.cc
Outcome join_namespace(Context& context, const plan::JoinNamespace& step);  // namespaces.cc
Outcome join_container(Context& context, const plan::JoinContainer& step);
Outcome set_time_offsets(Context& context, const plan::TimeOffsets& step);        // namespaces.cc
Outcome set_loopback_up();                                                        // namespaces.cc
Outcome set_propagation(Context& context, const plan::Propagation& step);         // root.cc
Outcome open_root(Context& context, const plan::Root& step);                      // root.cc
Outcome enter_root(Context& context, const plan::EnterRoot& step);                // root.cc
Outcome mount_file_system(Context& context, const plan::Mount& step);             // mounts.cc
Outcome bind(Context& context, const plan::Bind& step);                           // mounts.cc
Outcome change_attributes(Context& context, const plan::ChangeAttributes& step);  // mounts.cc
Outcome mask(Context& context, const plan::Path& step);                           // masks.cc
Outcome make_read_only(Context& context, const plan::Path& step);                 // masks.cc
Outcome compare_mounts(Context& context);                                         // made_mounts.cc
Outcome make_node(Context& context, const plan::DeviceNode& step);                // devices.cc
Outcome make_link(Context& context, const plan::Symlink& step);                   // devices.cc
Outcome open_console(Context& context, const plan::Console& step);                // console.cc
Outcome ask_parent(Context& context);                                             // protocol.cc
Outcome tell_ready(Context& context);                                             // protocol.cc
Outcome wait_for_start(Context& context, const plan::Barrier& step);              // protocol.cc
Outcome run_hook(Context& context, const plan::Hook& step);                       // hooks.cc
Outcome write_sysctl(Context& context, const plan::Sysctl& step);                 // proc.cc
Outcome write_oom_score(Context& context, const plan::OomScore& step);            // proc.cc
Outcome write_label(Context& context, const plan::Label& step);                   // proc.cc
Outcome new_keyring(Context& context, plan::Text name);                           // process.cc
Outcome limit_resource(const plan::ResourceLimit& step);                          // process.cc
Outcome set_affinity(Context& context, const plan::Affinity& step);               // process.cc
Outcome set_scheduler(const plan::Scheduler& step);                               // process.cc
Outcome set_core_cookie(std::uint64_t share_from);                                // process.cc
Outcome set_memory_policy(Context& context, const plan::MemoryPolicy& step);      // process.cc
Outcome own_stdio(Context& context, std::uint64_t uid);                           // process.cc
Outcome make_directory(Context& context, const plan::Path& step);                 // process.cc
Outcome change_directory(Context& context, const plan::WorkingDirectory& step);   // process.cc
Outcome confine(Context& context, const plan::Landlock& step);                    // sandbox.cc
Outcome load_seccomp(Context& context, const plan::Seccomp& step);                // sandbox.cc
/// Applies the filter and the capability sets of the later steps. (sandbox.cc)
Outcome confine_hook(Context& context);
Outcome drop_bounding(std::uint64_t keep);                                     // credentials.cc
Outcome become_user(Context& context, const plan::User& step);                 // credentials.cc
Outcome set_capabilities(Context& context, const plan::CapabilitySets& step);  // credentials.cc
Outcome drop_capabilities(std::uint64_t keep);                                 // credentials.cc
Outcome set_last_capabilities(const plan::CapabilitySets& step);               // credentials.cc
Outcome verify(Context& context, const plan::Verify& step);                    // verify.cc
Outcome find_program(Context& context, const plan::FindProgram& step);         // exec.cc
Outcome prepare_program(Context& context, const plan::Prepare& step);          // exec.cc
[[noreturn]] void become_program(Context& context);                            // exec.cc

}  // namespace crux::init
