#include "cmd/crux-systemd/bus.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace crux::systemd_helper {

namespace {

constexpr const char* kService = "org.freedesktop.systemd1";
constexpr const char* kObject = "/org/freedesktop/systemd1";
constexpr const char* kInterface = "org.freedesktop.systemd1.Manager";
constexpr std::chrono::seconds kPatience{30};

/// A message; the destructor releases it.
class Message {
 public:
    Message() = default;
    Message(const Message&) = delete;
    Message& operator=(const Message&) = delete;
    ~Message() { sd_bus_message_unref(message_); }
    sd_bus_message** out() { return &message_; }
    [[nodiscard]] sd_bus_message* get() const { return message_; }

 private:
    sd_bus_message* message_ = nullptr;
};

/// A match of signals; the destructor removes it.
class Slot {
 public:
    Slot() = default;
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;
    ~Slot() { sd_bus_slot_unref(slot_); }
    sd_bus_slot** out() { return &slot_; }

 private:
    sd_bus_slot* slot_ = nullptr;
};

int new_call(sd_bus* bus, const char* method, Message& call) {
    return sd_bus_message_new_method_call(bus, call.out(), kService, kObject, kInterface, method);
}

/// Appends the array of properties to a call. `bad` is set to the name of a property whose value
/// does not have its type.
int append_properties(sd_bus_message* call, const std::vector<BusProperty>& properties,
                      bool with_this_process, std::string& bad) {
    int result = sd_bus_message_open_container(call, SD_BUS_TYPE_ARRAY, "(sv)");
    for (const BusProperty& property : properties) {
        if (result < 0) return result;
        result = append_property(call, property);
        if (result < 0) bad = property.name;
    }
    if (result >= 0 && with_this_process)
        result = sd_bus_message_append(call, "(sv)", "PIDs", "au", 1,
                                       static_cast<std::uint32_t>(::getpid()));
    return result < 0 ? result : sd_bus_message_close_container(call);
}

/// Retries a few times: a busy manager returns EAGAIN.
template <class Try>
int patiently(const Try& attempt) {
    constexpr int kTries = 20;
    constexpr int kPauseMs = 50;
    int result = attempt();
    for (int i = 1; i < kTries && result == -EAGAIN; ++i) {
        (void)::poll(nullptr, 0, kPauseMs);
        result = attempt();
    }
    return result;
}

/// A job of systemd, and its result from JobRemoved. Signals are processed only after the reply to
/// the call, which contains the path of the job.
struct Job {
    std::string path;
    std::string result;
};

int on_job_removed(sd_bus_message* signal, void* data, sd_bus_error* /*error*/) {
    Job& job = *static_cast<Job*>(data);
    std::uint32_t id = 0;
    const char* path = nullptr;
    const char* unit = nullptr;
    const char* result = nullptr;
    if (sd_bus_message_read(signal, "uoss", &id, &path, &unit, &result) < 0) return 0;
    if (job.path == path) job.result = result;
    return 0;
}

std::string runtime_folder() {
    const char* folder = std::getenv("XDG_RUNTIME_DIR");
    return folder != nullptr ? folder : "/run/user/" + std::to_string(::getuid());
}

}  // namespace

Bus::~Bus() {
    // No flush: there is nothing left to send, and a flush would wait for a peer that does not
    // reply.
    sd_bus_close_unref(bus_);
}

std::string Bus::words(const CallError& error, int result) const {
    if (result == -ETIMEDOUT)
        return std::string(whose_) + " systemd did not reply within " +
               std::to_string(kPatience.count()) + " s: check it with systemctl status";
    return error.message() != nullptr ? error.message() : std::strerror(-result);
}

/// Processes one message or waits for one; -ETIMEDOUT after the deadline.
int Bus::process_or_wait() {
    const auto left =
        std::chrono::duration_cast<std::chrono::microseconds>(deadline_ - Clock::now()).count();
    if (left <= 0) return -ETIMEDOUT;
    int result = sd_bus_process(bus_, nullptr);
    if (result == 0) result = sd_bus_wait(bus_, static_cast<std::uint64_t>(left));
    return result == -EINTR ? 0 : result;
}

int Bus::wait_until_ready() {
    int result = 0;
    while (result >= 0 && sd_bus_is_ready(bus_) == 0) result = process_or_wait();
    return result;
}

bool Bus::open_own_socket(bool user) {
    const std::string path =
        (user ? runtime_folder() + "/systemd/private" : std::string("/run/systemd/private"));
    if (::access(path.c_str(), W_OK) != 0) return false;
    const std::string address = "unix:path=" + path;
    const auto attempt = [&] {
        sd_bus_unref(bus_);
        bus_ = nullptr;
        int result = sd_bus_new(&bus_);
        if (result >= 0) result = sd_bus_set_address(bus_, address.c_str());
        return result < 0 ? result : sd_bus_start(bus_);
    };
    if (patiently(attempt) >= 0) return true;
    sd_bus_unref(bus_);
    bus_ = nullptr;
    return false;
}

std::string Bus::connect(bool user) {
    whose_ = user ? "the user's" : "the system's";
    deadline_ = Clock::now() + kPatience;
    const bool is_bus = !open_own_socket(user);
    int result = 0;
    if (is_bus)
        result =
            patiently([&] { return user ? sd_bus_open_user(&bus_) : sd_bus_open_system(&bus_); });
    if (result >= 0) result = wait_until_ready();
    const CallError none;
    if (result == -ETIMEDOUT) return words(none, result);
    if (result < 0)
        return std::string("cannot connect to ") + whose_ + " systemd: " + std::strerror(-result) +
               (user ? " (it is started when the user logs in, or by loginctl enable-linger)"
                     : " (without --systemd-cgroup, crux creates cgroups itself)");
    constexpr std::chrono::microseconds kCall = kPatience;
    sd_bus_set_method_call_timeout(bus_, kCall.count());
    // A bus sends the signals only to subscribed connections.
    if (is_bus)
        result = sd_bus_call_method(bus_, kService, kObject, kInterface, "Subscribe", nullptr,
                                    nullptr, "");
    return result < 0 ? "subscribe: " + words(none, result) : "";
}

std::string Bus::leave_out_unknown(std::vector<BusProperty>& properties) {
    const auto is_idle = [](const BusProperty& property) {
        return property.name == "CPUWeight" && property.words[0] == "0";
    };
    if (std::ranges::none_of(properties, is_idle)) return {};
    CallError error;
    char* version = nullptr;
    const int result = sd_bus_get_property_string(bus_, kService, kObject, kInterface, "Version",
                                                  error.get(), &version);
    if (result < 0) return "read the version: " + words(error, result);
    constexpr int kKnowsIdle = 252;
    if (std::atoi(version) < kKnowsIdle) std::erase_if(properties, is_idle);
    std::free(version);
    return {};
}

std::string Bus::await_job(sd_bus_message* call, CallError& error) {
    Job job;
    Slot slot;
    int result = sd_bus_match_signal(bus_, slot.out(), nullptr, kObject, kInterface, "JobRemoved",
                                     on_job_removed, &job);
    if (result < 0) return std::string("subscribe to JobRemoved: ") + std::strerror(-result);
    Message answer;
    result = patiently([&] {
        sd_bus_error_free(error.get());
        return sd_bus_call(bus_, call, 0, error.get(), answer.out());
    });
    if (result < 0) return words(error, result);
    const char* path = nullptr;
    if (sd_bus_message_read(answer.get(), "o", &path) < 0) return "the reply does not name a job";
    job.path = path;
    while (result >= 0 && job.result.empty()) result = process_or_wait();
    if (result < 0) return "wait for the job: " + words(error, result);
    return job.result == "done" ? "" : "the job ended with result " + job.result;
}

std::string Bus::start_once(const std::string& unit, const std::vector<BusProperty>& properties,
                            bool& exists) {
    Message call;
    int result = new_call(bus_, "StartTransientUnit", call);
    if (result >= 0) result = sd_bus_message_append(call.get(), "ss", unit.c_str(), "replace");
    std::string bad;
    if (result >= 0)
        result = append_properties(call.get(), properties, unit.ends_with(".scope"), bad);
    if (!bad.empty()) return "the value of " + bad + " does not have its type";
    if (result >= 0) result = sd_bus_message_append(call.get(), "a(sa(sv))", 0);
    if (result < 0) return std::string("create the call: ") + std::strerror(-result);
    CallError error;
    std::string wrong = await_job(call.get(), error);
    exists = error.is("org.freedesktop.systemd1.UnitExists");
    return wrong;
}

void Bus::reset_failed(const std::string& unit) {
    // The error is ignored: the unit may not have failed, or may not exist.
    (void)sd_bus_call_method(bus_, kService, kObject, kInterface, "ResetFailedUnit", nullptr,
                             nullptr, "s", unit.c_str());
}

std::string Bus::start(const std::string& unit, const std::vector<BusProperty>& properties) {
    bool exists = false;
    std::string wrong = start_once(unit, properties, exists);
    if (!exists) return wrong;
    reset_failed(unit);
    wrong = start_once(unit, properties, exists);
    return exists ? "a unit with this name already exists" : wrong;
}

std::string Bus::set(const std::string& unit, const std::vector<BusProperty>& properties) {
    Message call;
    int result = new_call(bus_, "SetUnitProperties", call);
    constexpr int kUntilItEnds = 1;
    if (result >= 0) result = sd_bus_message_append(call.get(), "sb", unit.c_str(), kUntilItEnds);
    std::string bad;
    if (result >= 0) result = append_properties(call.get(), properties, false, bad);
    if (!bad.empty()) return "the value of " + bad + " does not have its type";
    CallError error;
    if (result >= 0) result = sd_bus_call(bus_, call.get(), 0, error.get(), nullptr);
    return result < 0 ? words(error, result) : "";
}

std::string Bus::stop(const std::string& unit) {
    Message call;
    int result = new_call(bus_, "StopUnit", call);
    if (result >= 0) result = sd_bus_message_append(call.get(), "ss", unit.c_str(), "replace");
    if (result < 0) return std::string("create the call: ") + std::strerror(-result);
    CallError error;
    std::string wrong = await_job(call.get(), error);
    if (error.is("org.freedesktop.systemd1.NoSuchUnit")) return {};
    reset_failed(unit);
    return wrong;
}

}  // namespace crux::systemd_helper
