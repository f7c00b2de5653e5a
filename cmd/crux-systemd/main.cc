#include <unistd.h>
#include <cerrno>
#include <cstdio>
#include <string>
#include <string_view>

#include "cmd/crux-systemd/bus.h"
#include "runtime/privilege/privilege.h"

// crux-systemd --system|--user start|set|stop UNIT
//
// Reads properties from standard input, one per line with an empty line at the end, calls systemd,
// and prints one line: "done" or the error. After "start" this process is in the unit's cgroup and
// keeps the unit active until standard input is closed. Run by crux, not by hand.

namespace crux::systemd_helper {
namespace {

/// Reads lines from standard input. Not stdio: the final wait reads from the same descriptor.
class Lines {
 public:
    /// Reads the next line, without its newline; false at end of file.
    bool next(std::string& line) {
        for (;;) {
            const std::size_t end = buffer_.find('\n');
            if (end != std::string::npos) {
                line = buffer_.substr(0, end);
                buffer_.erase(0, end + 1);
                return true;
            }
            if (!more()) return false;
        }
    }
    /// Waits until the caller closes standard input or exits.
    void wait_for_end() {
        while (more()) buffer_.clear();
    }

 private:
    bool more() {
        char bytes[4096];
        ssize_t length = 0;
        do {
            length = ::read(STDIN_FILENO, bytes, sizeof bytes);
        } while (length < 0 && errno == EINTR);
        if (length <= 0) return false;
        buffer_.append(bytes, static_cast<std::size_t>(length));
        return true;
    }

    std::string buffer_;
};

void answer(std::string line) {
    for (char& letter : line)
        if (letter == '\n') letter = ' ';
    line += '\n';
    (void)!::write(STDOUT_FILENO, line.data(), line.size());
}

bool read_request(Lines& lines, std::vector<BusProperty>& properties, std::string& wrong) {
    std::string line;
    while (lines.next(line)) {
        if (line.empty()) return true;
        BusProperty property;
        if (!parse_property(line, property)) {
            wrong = "invalid property: " + line;
            return false;
        }
        properties.push_back(std::move(property));
    }
    wrong = "the request is incomplete";
    return false;
}

std::string serve(bool user, std::string_view verb, const std::string& unit, Lines& lines) {
    std::vector<BusProperty> properties;
    std::string wrong;
    if (!read_request(lines, properties, wrong)) return wrong;
    Bus manager;
    wrong = manager.connect(user);
    if (wrong.empty()) wrong = manager.leave_out_unknown(properties);
    if (!wrong.empty()) return wrong;
    if (verb == "start") return manager.start(unit, properties);
    return verb == "set" ? manager.set(unit, properties) : manager.stop(unit);
}

int main(int count, char** words) {
    const std::string_view whose = count == 4 ? words[1] : "";
    const std::string_view verb = count == 4 ? words[2] : "";
    const bool known = verb == "start" || verb == "set" || verb == "stop";
    if ((whose != "--system" && whose != "--user") || !known) {
        std::fputs("usage: crux-systemd --system|--user start|set|stop UNIT\n", stderr);
        return 1;
    }
    // systemd decides by the user of this process, and by no capability.
    privilege::give_up({}, privilege::Rest::anything, privilege::Bounding::clear);
    Lines lines;
    const std::string wrong = serve(whose == "--user", verb, words[3], lines);
    privilege::give_up({}, privilege::Rest::relaying);
    answer(wrong.empty() ? "done" : wrong);
    if (!wrong.empty()) return 1;
    lines.wait_for_end();
    return 0;
}

}  // namespace
}  // namespace crux::systemd_helper

int main(int count, char** words) {
    return crux::systemd_helper::main(count, words);
}
