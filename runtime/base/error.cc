#include "runtime/base/error.h"

#include <array>
#include <cerrno>
#include <ranges>

namespace crux {

namespace {

struct Words {
    int value;
    const char* text;
};

// The texts of Go's syscall package on Linux; callers match them case-sensitively.
constexpr auto kWords = std::array{
    Words{EPERM, "operation not permitted"},
    Words{ENOENT, "no such file or directory"},
    Words{ESRCH, "no such process"},
    Words{EINTR, "interrupted system call"},
    Words{EIO, "input/output error"},
    Words{ENXIO, "no such device or address"},
    Words{E2BIG, "argument list too long"},
    Words{ENOEXEC, "exec format error"},
    Words{EBADF, "bad file descriptor"},
    Words{ECHILD, "no child processes"},
    Words{EAGAIN, "resource temporarily unavailable"},
    Words{ENOMEM, "cannot allocate memory"},
    Words{EACCES, "permission denied"},
    Words{EFAULT, "bad address"},
    Words{ENOTBLK, "block device required"},
    Words{EBUSY, "device or resource busy"},
    Words{EEXIST, "file exists"},
    Words{EXDEV, "invalid cross-device link"},
    Words{ENODEV, "no such device"},
    Words{ENOTDIR, "not a directory"},
    Words{EISDIR, "is a directory"},
    Words{EINVAL, "invalid argument"},
    Words{ENFILE, "too many open files in system"},
    Words{EMFILE, "too many open files"},
    Words{ENOTTY, "inappropriate ioctl for device"},
    Words{ETXTBSY, "text file busy"},
    Words{EFBIG, "file too large"},
    Words{ENOSPC, "no space left on device"},
    Words{ESPIPE, "illegal seek"},
    Words{EROFS, "read-only file system"},
    Words{EMLINK, "too many links"},
    Words{EPIPE, "broken pipe"},
    Words{EDOM, "numerical argument out of domain"},
    Words{ERANGE, "numerical result out of range"},
    Words{EDEADLK, "resource deadlock avoided"},
    Words{ENAMETOOLONG, "file name too long"},
    Words{ENOLCK, "no locks available"},
    Words{ENOSYS, "function not implemented"},
    Words{ENOTEMPTY, "directory not empty"},
    Words{ELOOP, "too many levels of symbolic links"},
    Words{ENOMSG, "no message of desired type"},
    Words{EIDRM, "identifier removed"},
    Words{ECHRNG, "channel number out of range"},
    Words{EL2NSYNC, "level 2 not synchronized"},
    Words{EL3HLT, "level 3 halted"},
    Words{EL3RST, "level 3 reset"},
    Words{ELNRNG, "link number out of range"},
    Words{EUNATCH, "protocol driver not attached"},
    Words{ENOCSI, "no CSI structure available"},
    Words{EL2HLT, "level 2 halted"},
    Words{EBADE, "invalid exchange"},
    Words{EBADR, "invalid request descriptor"},
    Words{EXFULL, "exchange full"},
    Words{ENOANO, "no anode"},
    Words{EBADRQC, "invalid request code"},
    Words{EBADSLT, "invalid slot"},
    Words{EBFONT, "bad font file format"},
    Words{ENOSTR, "device not a stream"},
    Words{ENODATA, "no data available"},
    Words{ETIME, "timer expired"},
    Words{ENOSR, "out of streams resources"},
    Words{ENONET, "machine is not on the network"},
    Words{ENOPKG, "package not installed"},
    Words{EREMOTE, "object is remote"},
    Words{ENOLINK, "link has been severed"},
    Words{EADV, "advertise error"},
    Words{ESRMNT, "srmount error"},
    Words{ECOMM, "communication error on send"},
    Words{EPROTO, "protocol error"},
    Words{EMULTIHOP, "multihop attempted"},
    Words{EDOTDOT, "RFS specific error"},
    Words{EBADMSG, "bad message"},
    Words{EOVERFLOW, "value too large for defined data type"},
    Words{ENOTUNIQ, "name not unique on network"},
    Words{EBADFD, "file descriptor in bad state"},
    Words{EREMCHG, "remote address changed"},
    Words{ELIBACC, "can not access a needed shared library"},
    Words{ELIBBAD, "accessing a corrupted shared library"},
    Words{ELIBSCN, ".lib section in a.out corrupted"},
    Words{ELIBMAX, "attempting to link in too many shared libraries"},
    Words{ELIBEXEC, "cannot exec a shared library directly"},
    Words{EILSEQ, "invalid or incomplete multibyte or wide character"},
    Words{ERESTART, "interrupted system call should be restarted"},
    Words{ESTRPIPE, "streams pipe error"},
    Words{EUSERS, "too many users"},
    Words{ENOTSOCK, "socket operation on non-socket"},
    Words{EDESTADDRREQ, "destination address required"},
    Words{EMSGSIZE, "message too long"},
    Words{EPROTOTYPE, "protocol wrong type for socket"},
    Words{ENOPROTOOPT, "protocol not available"},
    Words{EPROTONOSUPPORT, "protocol not supported"},
    Words{ESOCKTNOSUPPORT, "socket type not supported"},
    Words{EOPNOTSUPP, "operation not supported"},
    Words{EPFNOSUPPORT, "protocol family not supported"},
    Words{EAFNOSUPPORT, "address family not supported by protocol"},
    Words{EADDRINUSE, "address already in use"},
    Words{EADDRNOTAVAIL, "cannot assign requested address"},
    Words{ENETDOWN, "network is down"},
    Words{ENETUNREACH, "network is unreachable"},
    Words{ENETRESET, "network dropped connection on reset"},
    Words{ECONNABORTED, "software caused connection abort"},
    Words{ECONNRESET, "connection reset by peer"},
    Words{ENOBUFS, "no buffer space available"},
    Words{EISCONN, "transport endpoint is already connected"},
    Words{ENOTCONN, "transport endpoint is not connected"},
    Words{ESHUTDOWN, "cannot send after transport endpoint shutdown"},
    Words{ETOOMANYREFS, "too many references: cannot splice"},
    Words{ETIMEDOUT, "connection timed out"},
    Words{ECONNREFUSED, "connection refused"},
    Words{EHOSTDOWN, "host is down"},
    Words{EHOSTUNREACH, "no route to host"},
    Words{EALREADY, "operation already in progress"},
    Words{EINPROGRESS, "operation now in progress"},
    Words{ESTALE, "stale NFS file handle"},
    Words{EUCLEAN, "structure needs cleaning"},
    Words{ENOTNAM, "not a XENIX named type file"},
    Words{ENAVAIL, "no XENIX semaphores available"},
    Words{EISNAM, "is a named type file"},
    Words{EREMOTEIO, "remote I/O error"},
    Words{EDQUOT, "disk quota exceeded"},
    Words{ENOMEDIUM, "no medium found"},
    Words{EMEDIUMTYPE, "wrong medium type"},
    Words{ECANCELED, "operation canceled"},
    Words{ENOKEY, "required key not available"},
    Words{EKEYEXPIRED, "key has expired"},
    Words{EKEYREVOKED, "key has been revoked"},
    Words{EKEYREJECTED, "key was rejected by service"},
    Words{EOWNERDEAD, "owner died"},
    Words{ENOTRECOVERABLE, "state not recoverable"},
    Words{ERFKILL, "operation not possible due to RF-kill"},
    Words{EHWPOISON, "memory page has hardware error"},
};

}  // namespace

std::string errno_words(int value) {
    for (const Words& words : kWords)
        if (words.value == value) return words.text;
    return "errno " + std::to_string(value);
}

namespace {

constexpr auto kReasons = std::array{
    ReasonInfo{Reason::usage, "usage", "command-line", "crux help COMMAND shows what it takes"},
    ReasonInfo{Reason::config, "config", "configuration",
               "crux validate shows all errors of the configuration"},
    ReasonInfo{Reason::state, "state", "state", "crux state ID shows the status"},
    ReasonInfo{Reason::unsupported, "unsupported", "host", "crux doctor shows what the host has"},
    ReasonInfo{Reason::system, "system", "host", ""},
    ReasonInfo{Reason::process, "process", "init", ""},
    ReasonInfo{Reason::not_found, "not-found", "state", "crux list shows the containers"},
    ReasonInfo{Reason::exists, "exists", "state", "choose another ID, or delete that container"},
    ReasonInfo{Reason::busy, "busy", "state", "try again when the other command has ended"},
    ReasonInfo{Reason::program_not_found, "program-not-found", "init",
               "the path is one of the container's root file system"},
    ReasonInfo{Reason::program_not_executable, "program-not-executable", "init", ""},
    ReasonInfo{Reason::hook, "hook", "hook", ""},
    ReasonInfo{Reason::seccomp, "seccomp", "init",
               "the profile has to allow what docs/config.md, linux.seccomp, lists"},
    ReasonInfo{Reason::out_of_memory, "out-of-memory", "init", "a higher memory limit"},
};

constexpr bool in_order() {
    for (std::size_t index = 0; index < kReasons.size(); ++index)
        if (static_cast<std::size_t>(kReasons[index].reason) != index) return false;
    return kReasons.size() == static_cast<std::size_t>(Reason::count_);
}
static_assert(in_order(), "a row for each reason, in its order");

Reason reason_of(Error::Kind kind) {
    switch (kind) {
        case Error::Kind::usage:
            return Reason::usage;
        case Error::Kind::spec:
            return Reason::config;
        case Error::Kind::state:
            return Reason::state;
        case Error::Kind::unsupported:
            return Reason::unsupported;
        case Error::Kind::os:
            return Reason::system;
        case Error::Kind::protocol:
            return Reason::process;
    }
    return Reason::system;
}

}  // namespace

const ReasonInfo& reason_info(Reason reason) {
    return kReasons[static_cast<std::size_t>(reason)];
}

Error::Error(Kind kind, std::string text) : body_(std::make_unique<Body>()) {
    body_->kind = kind;
    body_->text = std::move(text);
    body_->reason = reason_of(kind);
}

Error::Error(Errno cause)
    : Error(Kind::os, std::string(cause.call) + ": " + errno_words(cause.value)) {
    body_->code = cause.value;
    body_->call = cause.call;
    body_->number = cause.value;
}

Error&& Error::during(std::string_view what) && {
    body_->text.insert(0, std::string(what) + ": ");
    body_->lengths.push_back(what.size());
    return std::move(*this);
}

Error&& Error::at(std::string_view json_pointer) && {
    if (body_->pointer.empty()) body_->pointer = json_pointer;
    return std::move(*this);
}

Error&& Error::as(Reason reason) && {
    if (body_->reason == reason_of(body_->kind)) body_->reason = reason;
    return std::move(*this);
}

Error&& Error::of_call(std::string_view call, int number) && {
    body_->call = call;
    body_->number = number;
    return std::move(*this);
}

Error::Kind Error::kind() const {
    return body_->kind;
}
Reason Error::reason() const {
    return body_->reason;
}
int Error::code() const {
    return body_->code;
}
std::string_view Error::failed_call() const {
    return body_->call;
}
int Error::number() const {
    return body_->number;
}
const std::string& Error::pointer() const {
    return body_->pointer;
}
const std::string& Error::text() const {
    return body_->text;
}

std::vector<std::string> Error::causes() const {
    std::vector<std::string> out;
    std::string_view rest = body_->text;
    constexpr std::size_t kSeparator = 2;  // ": "
    for (const std::size_t length : std::views::reverse(body_->lengths)) {
        out.emplace_back(rest.substr(0, length));
        rest.remove_prefix(length + kSeparator);
    }
    out.emplace_back(rest);
    return out;
}

std::string Error::message() const {
    if (body_->pointer.empty()) return body_->text;
    return body_->text + " (config.json: " + body_->pointer + ")";
}

}  // namespace crux
