#include "cmd/crux-net/arguments.h"

#include "runtime/base/text.h"

namespace crux::net {

const char* const kUsage =
    "usage: crux-net veth --host NAME [--host-address A/P] --peer NAME [--peer-address A/P] "
    "TARGET\n"
    "       crux-net move --host NAME [--peer NEW-NAME] TARGET\n"
    "       crux-net check --host NAME [--peer NEW-NAME] TARGET\n"
    "TARGET is --pid PID or --namespace PATH: the network namespace to move the device to\n";

namespace {

Status take(Arguments& options, const std::string& option, const std::string& value) {
    if (option == "--host") {
        options.host.name = value;
    } else if (option == "--peer") {
        options.peer.name = value;
    } else if (option == "--host-address") {
        options.host.addresses.push_back(TRY(network::parse_address(value)));
    } else if (option == "--peer-address") {
        options.peer.addresses.push_back(TRY(network::parse_address(value)));
    } else if (option == "--namespace") {
        options.namespace_path = value;
    } else if (option == "--pid") {
        const auto pid = to_number<pid_t>(value);
        if (!pid || *pid < 1)
            return fail(Error::Kind::usage, cat("--pid ", quoted(value), ": must be a process ID"));
        options.pid = *pid;
    } else {
        return fail(Error::Kind::usage, cat(option, ": unknown option"));
    }
    return {};
}

Status check(Arguments& options) {
    if ((options.pid == 0) == options.namespace_path.empty())
        return fail(Error::Kind::usage, "one of --pid and --namespace is required");
    if (options.host.name.empty()) return fail(Error::Kind::usage, "--host is required");
    if (options.peer.name.empty() && options.verb != Verb::veth)
        options.peer.name = options.host.name;
    if (options.peer.name.empty()) return fail(Error::Kind::usage, "--peer is required");
    return {};
}

}  // namespace

Result<Arguments> read_options(const std::vector<std::string>& words) {
    if (words.empty()) return fail(Error::Kind::usage, "a command is required");
    Arguments options;
    if (words[0] == "move")
        options.verb = Verb::move;
    else if (words[0] == "check")
        options.verb = Verb::check;
    else if (words[0] != "veth")
        return fail(Error::Kind::usage, cat(words[0], ": unknown command"));
    for (std::size_t at = 1; at < words.size(); at += 2) {
        if (at + 1 == words.size())
            return fail(Error::Kind::usage, cat(words[at], ": requires a value"));
        TRY(take(options, words[at], words[at + 1]));
    }
    TRY(check(options));
    return options;
}

}  // namespace crux::net
