#include "cmd/crux-systemd/manager.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace crux::systemd_helper {

namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kService = "org.freedesktop.systemd1";
constexpr const char* kObject = "/org/freedesktop/systemd1";
constexpr const char* kInterface = "org.freedesktop.systemd1.Manager";
constexpr std::uint64_t kCallMicroseconds = 25'000'000;
constexpr std::chrono::seconds kJobPatience{30};

/// A message, given back when it is done with.
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

/// A match of signals, which ends with it.
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

/// The properties' array of a call; `bad` names the one whose value is none of its type.
int append_properties(sd_bus_message* call, const std::vector<Property>& properties,
                      bool with_this_process, std::string& bad) {
    int result = sd_bus_message_open_container(call, SD_BUS_TYPE_ARRAY, "(sv)");
    for (const Property& property : properties) {
        if (result < 0) return result;
        result = append_property(call, property);
        if (result < 0) bad = property.name;
    }
    if (result >= 0 && with_this_process)
        result = sd_bus_message_append(call, "(sv)", "PIDs", "au", 1,
                                       static_cast<std::uint32_t>(::getpid()));
    return result < 0 ? result : sd_bus_message_close_container(call);
}

/// A busy manager answers EAGAIN: again, a few times.
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

/// A job of systemd, and what JobRemoved said of it. Signals are looked at after the call's answer
/// only, which names the job.
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

std::string wait_for(sd_bus* bus, const Job& job) {
    const auto deadline = Clock::now() + kJobPatience;
    while (job.result.empty()) {
        const auto left =
            std::chrono::duration_cast<std::chrono::microseconds>(deadline - Clock::now());
        if (left.count() <= 0) return "its job does not end";
        int result = sd_bus_process(bus, nullptr);
        if (result == 0) result = sd_bus_wait(bus, static_cast<std::uint64_t>(left.count()));
        if (result < 0 && result != -EINTR)
            return std::string("wait for its job: ") + std::strerror(-result);
    }
    return job.result == "done" ? "" : "its job ended with " + job.result;
}

std::string runtime_folder() {
    const char* folder = std::getenv("XDG_RUNTIME_DIR");
    return folder != nullptr ? folder : "/run/user/" + std::to_string(::getuid());
}

}  // namespace

std::string CallError::words(int result) const {
    return error_.message != nullptr ? error_.message : std::strerror(-result);
}

Manager::~Manager() {
    sd_bus_flush_close_unref(bus_);
}

bool Manager::connect_privately(bool user) {
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

std::string Manager::connect(bool user) {
    if (connect_privately(user)) return {};
    const int result =
        patiently([&] { return user ? sd_bus_open_user(&bus_) : sd_bus_open_system(&bus_); });
    if (result < 0)
        return std::string("no connection with ") + (user ? "the user's" : "the machine's") +
               " systemd: " + std::strerror(-result);
    // Signals come to those alone who asked for them.
    const int subscribed =
        sd_bus_call_method(bus_, kService, kObject, kInterface, "Subscribe", nullptr, nullptr, "");
    return subscribed < 0 ? std::string("subscribe: ") + std::strerror(-subscribed) : "";
}

std::string Manager::await_job(sd_bus_message* call, CallError& error) {
    Job job;
    Slot slot;
    int result = sd_bus_match_signal(bus_, slot.out(), nullptr, kObject, kInterface, "JobRemoved",
                                     on_job_removed, &job);
    if (result < 0) return std::string("listen for its job: ") + std::strerror(-result);
    Message answer;
    result = patiently([&] {
        sd_bus_error_free(error.get());
        return sd_bus_call(bus_, call, kCallMicroseconds, error.get(), answer.out());
    });
    if (result < 0) return error.words(result);
    const char* path = nullptr;
    if (sd_bus_message_read(answer.get(), "o", &path) < 0) return "an answer that names no job";
    job.path = path;
    return wait_for(bus_, job);
}

std::string Manager::start_once(const std::string& unit, const std::vector<Property>& properties,
                                bool& exists) {
    Message call;
    int result = new_call(bus_, "StartTransientUnit", call);
    if (result >= 0) result = sd_bus_message_append(call.get(), "ss", unit.c_str(), "replace");
    std::string bad;
    if (result >= 0)
        result = append_properties(call.get(), properties, unit.ends_with(".scope"), bad);
    if (!bad.empty()) return "the value of " + bad + " is none of its type";
    if (result >= 0) result = sd_bus_message_append(call.get(), "a(sa(sv))", 0);
    if (result < 0) return std::string("make the call: ") + std::strerror(-result);
    CallError error;
    std::string wrong = await_job(call.get(), error);
    exists = error.is("org.freedesktop.systemd1.UnitExists");
    return wrong;
}

void Manager::reset_failed(const std::string& unit) {
    // What is not failed or not there needs none.
    (void)sd_bus_call_method(bus_, kService, kObject, kInterface, "ResetFailedUnit", nullptr,
                             nullptr, "s", unit.c_str());
}

std::string Manager::start(const std::string& unit, const std::vector<Property>& properties) {
    bool exists = false;
    std::string wrong = start_once(unit, properties, exists);
    if (!exists) return wrong;
    reset_failed(unit);
    return start_once(unit, properties, exists);
}

std::string Manager::set(const std::string& unit, const std::vector<Property>& properties) {
    Message call;
    int result = new_call(bus_, "SetUnitProperties", call);
    constexpr int kUntilItEnds = 1;
    if (result >= 0) result = sd_bus_message_append(call.get(), "sb", unit.c_str(), kUntilItEnds);
    std::string bad;
    if (result >= 0) result = append_properties(call.get(), properties, false, bad);
    if (!bad.empty()) return "the value of " + bad + " is none of its type";
    CallError error;
    if (result >= 0)
        result = sd_bus_call(bus_, call.get(), kCallMicroseconds, error.get(), nullptr);
    return result < 0 ? error.words(result) : "";
}

std::string Manager::stop(const std::string& unit) {
    Message call;
    int result = new_call(bus_, "StopUnit", call);
    if (result >= 0) result = sd_bus_message_append(call.get(), "ss", unit.c_str(), "replace");
    if (result < 0) return std::string("make the call: ") + std::strerror(-result);
    CallError error;
    std::string wrong = await_job(call.get(), error);
    if (error.is("org.freedesktop.systemd1.NoSuchUnit")) return {};
    reset_failed(unit);
    return wrong;
}

}  // namespace crux::systemd_helper
