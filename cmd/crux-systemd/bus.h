#pragma once

#include <systemd/sd-bus.h>

#include <chrono>
#include <string>
#include <vector>

#include "cmd/crux-systemd/message.h"

namespace crux::systemd_helper {

/// An error of a call, with the bus's own words where it has any.
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
    /// The bus's words; null where it said none.
    [[nodiscard]] const char* message() const { return error_.message; }

 private:
    sd_bus_error error_ = {};
};

/// A connection with systemd, over its own socket where it lets us in (no bus is needed then, and
/// no message but the call's own), else over the bus. Nothing is waited for longer than 30 s.
class Bus {
 public:
    Bus() = default;
    Bus(const Bus&) = delete;
    Bus& operator=(const Bus&) = delete;
    ~Bus();

    /// An empty text, or why there is no connection. `user`: the manager of this user.
    std::string connect(bool user);

    /// Takes properties away that this systemd is too old for. Its version is asked for only where
    /// there are such. An empty text, or what went wrong.
    std::string leave_out_unknown(std::vector<BusProperty>& properties);

    /// StartTransientUnit, and the wait for the job's end. A scope gets this process. A failed unit
    /// of that name is forgotten first (ResetFailedUnit). An empty text, or what went wrong.
    std::string start(const std::string& unit, const std::vector<BusProperty>& properties);

    /// SetUnitProperties, until the unit ends. An empty text, or what went wrong.
    std::string set(const std::string& unit, const std::vector<BusProperty>& properties);

    /// StopUnit, and the wait for the job's end; then nothing remembers that it failed. A unit that
    /// is not there is stopped. An empty text, or what went wrong.
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
