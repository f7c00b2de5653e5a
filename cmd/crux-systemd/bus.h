#pragma once

#include <systemd/sd-bus.h>

#include <chrono>
#include <string>
#include <vector>

#include "cmd/crux-systemd/message.h"

namespace crux::systemd_helper {

/// The error of a call, with the message of the bus if there is one.
class CallError {
 public:
    CallError() = default;
    CallError(const CallError&) = delete;
    CallError& operator=(const CallError&) = delete;
    ~CallError() { sd_bus_error_free(&error_); }
    sd_bus_error* get() { return &error_; }
    [[nodiscard]] bool is(const char* name) const {
        return sd_bus_error_has_name(&error_, name) > 0;
    }
    /// The message of the bus, or null.
    [[nodiscard]] const char* message() const { return error_.message; }

 private:
    sd_bus_error error_ = {};
};

/// A connection to systemd, over its private socket if that can be opened (this needs no bus and no
/// additional messages), else over the bus. No operation waits for more than 30 s.
class Bus {
 public:
    Bus() = default;
    Bus(const Bus&) = delete;
    Bus& operator=(const Bus&) = delete;
    ~Bus();

    /// `user`: connect to the manager of this user. Returns an empty text or the error.
    std::string connect(bool user);

    /// Removes the properties that this version of systemd does not support; the version is read
    /// only if there may be any. Returns an empty text or the error.
    std::string leave_out_unknown(std::vector<BusProperty>& properties);

    /// Calls StartTransientUnit and waits for the job. This process becomes a member of a scope. If
    /// a failed unit has this name, it is reset first (ResetFailedUnit). Returns an empty text or
    /// the error.
    std::string start(const std::string& unit, const std::vector<BusProperty>& properties);

    /// Calls SetUnitProperties, for the lifetime of the unit. Returns an empty text or the error.
    std::string set(const std::string& unit, const std::vector<BusProperty>& properties);

    /// Calls StopUnit, waits for the job, and resets the failed state of the unit. It is not an
    /// error if the unit does not exist. Returns an empty text or the error.
    std::string stop(const std::string& unit);

 private:
    using Clock = std::chrono::steady_clock;

    bool open_own_socket(bool user);
    int wait_until_ready();
    int process_or_wait();
    [[nodiscard]] std::string words(const CallError& error, int result) const;
    std::string start_once(const std::string& unit, const std::vector<BusProperty>& properties,
                           bool& exists);
    std::string await_job(sd_bus_message* call, CallError& error);
    void reset_failed(const std::string& unit);

    sd_bus* bus_ = nullptr;
    const char* whose_ = "";
    Clock::time_point deadline_;
};

}  // namespace crux::systemd_helper
