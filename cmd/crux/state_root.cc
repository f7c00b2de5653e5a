#include "cmd/crux/state_root.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <vector>

#include "runtime/base/text.h"

namespace crux::cmd {

namespace {

bool is_first_user_namespace() {
    const int file = ::open("/proc/self/uid_map", O_RDONLY | O_CLOEXEC);
    if (file < 0) return true;
    char text[64];
    const ssize_t size = ::read(file, text, sizeof text);
    ::close(file);
    if (size < 0) return true;
    return is_initial_map({text, static_cast<std::size_t>(size)});
}

bool uses_runtime_folder(const Caller& caller) {
    if (caller.runtime_folder.empty()) return false;
    if (caller.effective_user != 0) return true;
    return caller.in_user_namespace && caller.user != "root";
}

/// mkdir -p with mode 0700.
Status make_folders(const std::string& path) {
    for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
        const std::string part = path.substr(0, end);
        if (::mkdir(part.c_str(), 0700) != 0 && errno != EEXIST)
            return fail(Error::Kind::os, cat("mkdir ", part, ": ", errno_words(errno)));
        if (end == std::string::npos) return {};
    }
}

Status make_runtime_folder(const std::string& path) {
    TRY(make_folders(path).during("the path in $XDG_RUNTIME_DIR must be writable by the user"));
    if (::chmod(path.c_str(), S_IRWXU | S_ISVTX) == 0) return {};
    return fail(Error::Kind::os,
                cat("you should check permission of the path in $XDG_RUNTIME_DIR: chmod ", path,
                    ": ", errno_words(errno)));
}

Result<std::string> working_directory() {
    char path[PATH_MAX];
    if (::getcwd(path, sizeof path) != nullptr) return std::string(path);
    return std::unexpected(Error(Errno{"getcwd", errno}));
}

}  // namespace

bool is_initial_map(std::string_view uid_map) {
    std::string plain;
    for (const char c : uid_map)
        if (c != ' ' || (!plain.empty() && plain.back() != ' ')) plain += c;
    return plain == "0 0 4294967295\n";
}

Caller Caller::here(std::string_view program) {
    Caller caller;
    caller.program = program;
    caller.effective_user = ::geteuid();
    caller.in_user_namespace = !is_first_user_namespace();
    if (const char* folder = std::getenv("XDG_RUNTIME_DIR")) caller.runtime_folder = folder;
    if (const char* user = std::getenv("USER")) caller.user = user;
    return caller;
}

std::string standard_root(const Caller& caller) {
    const std::string_view name = caller.program == "runc" ? "runc" : "crux";
    return cat(uses_runtime_folder(caller) ? caller.runtime_folder : "/run", '/', name);
}

Result<bool> is_rootless(std::string_view asked, const Caller& caller) {
    std::string lower(asked);
    for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (lower.empty() || lower == "auto")
        return caller.effective_user != 0 || caller.in_user_namespace;
    if (lower == "true" || lower == "t" || lower == "1") return true;
    if (lower == "false" || lower == "f" || lower == "0") return false;
    return fail(Error::Kind::usage, cat("invalid value ", quoted(asked),
                                        " for --rootless: must be true, false or auto"));
}

Result<StateRootChoice> find_root(const Options& global, const Caller& caller) {
    StateRootChoice root;
    root.rootless = TRY(is_rootless(global.text("rootless"), caller));
    if (global.given("root")) {
        root.origin = StateRootChoice::Origin::asked;
        root.path = TRY(absolute_path(global.text("root")));
        if (root.path == "/")
            return fail(Error::Kind::usage, "Option --root argument should not be set to /");
        return root;
    }
    root.path = TRY(absolute_path(standard_root(caller)));
    if (uses_runtime_folder(caller)) TRY(make_runtime_folder(root.path));
    return root;
}

Result<std::string> enter_bundle(const std::string& bundle) {
    if (!bundle.empty() && ::chdir(bundle.c_str()) != 0)
        return fail(Error::Kind::os, cat("chdir ", bundle, ": ", errno_words(errno)));
    return working_directory();
}

Result<std::string> absolute_path(std::string_view path) {
    std::string whole(path);
    if (!path.starts_with('/')) {
        const std::string folder = TRY(working_directory());
        whole = cat(folder, '/', path);
    }
    std::vector<std::string> parts;
    for (const std::string_view part : split(whole, '/')) {
        if (part == "..") {
            if (!parts.empty()) parts.pop_back();
        } else if (!part.empty() && part != ".") {
            parts.emplace_back(part);
        }
    }
    return cat('/', join(parts, "/"));
}

}  // namespace crux::cmd
