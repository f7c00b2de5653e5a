#include "runtime/systemd/helper.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/base/text.h"
#include "runtime/sys/file.h"
#include "runtime/sys/poll.h"
#include "runtime/sys/socket.h"

namespace crux::systemd {

namespace {

/// Longer than the helper's own timeout for the bus, whose error is more precise.
constexpr int kPatienceMs = 40'000;
/// More than any message of systemd.
constexpr std::size_t kAnswerMax = std::size_t{16} << 10U;

/// The request in the format of crux-systemd: a line for each property, and an empty line.
std::string request_of(std::span<const Property> properties) {
    std::string text;
    for (const Property& property : properties)
        text += cat(property.name, ' ', property.value, '\n');
    return text += '\n';
}

Status send_request(sys::FdRef control, std::string_view text) {
    while (!text.empty()) text.remove_prefix(TRY(sys::sendmsg(control, text)));
    return {};
}

std::string asking_for(const Unit& unit) {
    return cat("systemd unit ", unit.name);
}

Result<std::string> read_line(sys::FdRef control) {
    std::string line;
    for (;;) {
        if (TRY(sys::poll_one(control, POLLIN, kPatienceMs)) == 0)
            return fail(Error::Kind::os, "crux-systemd does not respond");
        char buffer[1024];
        // lint: allow wait: poll_one has seen something.
        const std::size_t length = TRY(sys::read(control, buffer));
        if (length == 0)
            return fail(Error::Kind::protocol, "crux-systemd exited without a response");
        line.append(buffer, length);
        if (const std::size_t end = line.find('\n'); end != std::string::npos) {
            line.resize(end);
            return line;
        }
        if (line.size() > kAnswerMax)
            return fail(Error::Kind::protocol, "response of crux-systemd is too long");
    }
}

}  // namespace

Status answer_of(std::string_view line, const Unit& unit) {
    if (line == "done") return {};
    Error refused = Error(Error::Kind::os, std::string(line)).during(asking_for(unit));
    // If systemd refuses a name, its message contains the name of the unit or the slice.
    for (const std::string& name : {unit.name, unit.slice})
        if (!name.empty() && line.find(name) != std::string_view::npos)
            refused = std::move(refused).at("/linux/cgroupsPath");
    return std::unexpected(std::move(refused));
}

Result<HeldUnit> HeldUnit::call(const std::string& program, const char* verb, const Unit& unit,
                                std::span<const Property> properties) {
    sys::SocketPair control = TRY(sys::socketpair(SOCK_STREAM));
    oci::Hook helper;
    helper.path = program;
    helper.args = {"crux-systemd", unit.user ? "--user" : "--system", verb, unit.name};
    const sys::Fd root = TRY(sys::openat(sys::FdRef::cwd(), "/", O_PATH | O_DIRECTORY));
    auto running =
        hooks::spawn(helper, {control.second, control.second, sys::FdRef(STDERR_FILENO), root});
    if (!running) return std::unexpected(Error(running.error()).during(program));
    control.second.reset();
    HeldUnit started(std::move(*running), std::move(control.first));
    const std::string asking = asking_for(unit);
    TRY(send_request(started.control_, request_of(properties)).during(asking));
    const std::string answer = TRY(read_line(started.control_).during(asking));
    TRY(answer_of(answer, unit));
    return started;
}

Result<HeldUnit> HeldUnit::start(const std::string& program, const Unit& unit,
                                 std::span<const Property> properties) {
    return call(program, "start", unit, properties);
}

Status HeldUnit::release() {
    control_.reset();
    TRY(helper_.reap());
    return {};
}

Status change(const std::string& program, const Unit& unit, std::span<const Property> properties) {
    HeldUnit changed = TRY(HeldUnit::call(program, "set", unit, properties));
    return changed.release();
}

Status stop(const std::string& program, const Unit& unit) {
    HeldUnit stopped = TRY(HeldUnit::call(program, "stop", unit, {}));
    return stopped.release();
}

}  // namespace crux::systemd
