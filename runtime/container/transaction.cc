#include "runtime/container/transaction.h"

#include "runtime/base/text.h"
#include "runtime/container/delete.h"
#include "runtime/container/notify_socket.h"
#include "runtime/container/resctrl_class.h"
#include "runtime/container/root_mount.h"
#include "runtime/hooks/run.h"
#include "runtime/sys/directory.h"
#include "runtime/sys/file.h"

namespace crux::container {

Status Transaction::begin(Bundle bundle, bool foreground_terminal) {
    state_ = TRY(StateDirectory::make(context_.state_root, context_.id));
    if (!manager_socket().empty()) {
        TRY(make_notify_folder(*state_));
        offer_notify(bundle.config, context_.state_path());
    }
    // Before the plan is made: where planning takes its time, the id is taken already.
    prepared_ = TRY(prepare(context_, std::move(bundle), options_, foreground_terminal));
    return {};
}

Status Transaction::take_resources() {
    const plan::HostPart& host = prepared_->plan.host;
    const oci::Linux& linux = prepared_->bundle.config.linux;
    TRY(state_->write_new(kConfigName, prepared_->bundle.config_text));
    journal_ = TRY(launch::Journal::create(state_->directory(), state_->path_of("journal")));
    log_act(context_.step_log, "state", kConfigName);
    TRY(make_class(*journal_, linux, context_.id));
    if (linux.intel_rdt) log_act(context_.step_log, "class", "");
    TRY(mount_root(*journal_, host));
    if (!host.mounted_root.empty()) log_act(context_.step_log, "mounted_root", host.mounted_root);
    return cgroup_.make(*journal_, *prepared_, context_);
}

Result<sys::Fd> Transaction::make_fifo() {
    constexpr mode_t kMode = 0600;
    const sys::FdRef directory = state_->directory();
    TRY(sys::mkfifoat(directory, kFifoName, kMode)
            .during(cat("make ", state_->path_of(kFifoName))));
    log_act(context_.step_log, "fifo", kFifoName);
    return sys::openat(directory, kFifoName, O_RDWR | O_NOFOLLOW)
        .during(cat("open ", state_->path_of(kFifoName)));
}

void Transaction::owe_poststop() {
    owes_poststop_ = true;
}

Status Transaction::run_host_hooks(pid_t pid) {
    owe_poststop();
    const Bundle& bundle = prepared_->bundle;
    const std::string document = oci::hook_state_json(hook_state(*prepared_, context_.id, pid));
    const hooks::HookContext hook_context{document, bundle.path};
    TRY(hooks::run_all("prestart", bundle.config.hooks.prestart, hook_context)
            .at("/hooks/prestart"));
    return hooks::run_all("createRuntime", bundle.config.hooks.create_runtime, hook_context)
        .at("/hooks/createRuntime");
}

Status Transaction::record(oci::ContainerRecord record) {
    TRY(cgroup_.release_helper());
    TRY(state_->write_record(record));
    record_ = std::move(record);
    log_act(context_.step_log, "record", "state.json");
    return {};
}

ExistingContainer Transaction::commit() && {
    ExistingContainer container{std::move(*state_), std::move(*record_)};
    state_.reset();
    return container;
}

Transaction::~Transaction() {
    if (state_) give_back();
}

void Transaction::give_back() {
    // The failure that led here is what the user must read: a second one adds nothing.
    Warnings dropped;
    bool is_given_back = true;
    if (journal_) {
        auto taken = launch::parse_journal(journal_->text());
        // A unit that systemd did not start it need not stop, for which it might take its time.
        if (taken && !cgroup_.has_unit()) taken->unit.reset();
        is_given_back = taken && give_back_all(std::move(*taken), dropped);
    }
    // What caused the failure may also prevent this: then the journal is needed for delete --force.
    if (is_given_back) (void)state_->remove();
    if (!owes_poststop_) return;
    run_poststop(prepared_->bundle.config.hooks.poststop, hook_state(*prepared_, context_.id, 0),
                 context_);
}

}  // namespace crux::container
