#include "runtime/init/program_cause.h"

#include "runtime/init/kernel.h"
#include "runtime/init/printable.h"
#include "runtime/init/program_head.h"
#include "runtime/init/try.h"

namespace crux::init {

namespace {

/// A file that takes part in executing a program.
struct Part {
    const char* role;  ///< null for the program itself, which the message has named already
    const char* path;
    const char* whose;  ///< the file that it is the dynamic loader of; null if that is clear
};

/// Whether it can be a file that tells why: the other errors are of the process or of the system.
bool is_of_files(int error) {
    return error == kNoEntry || error == kAccess || error == kExecFormat || error == kBadLibrary ||
           error == kTooManyLinks || error == kNotDirectory || error == kNameTooLong;
}

// Not on the stack, which a resource limit of the container may keep small. The name of an
// interpreter stays in one head while the next one is read.
char heads[2][kHeadSize + 1];
char headers[kMostHeaders * kHeaderSize];
char loader_name[kHeadSize];

/// Searches for the file that execve(2) has stopped at.
class Search {
 public:
    Search(Buffer<kCauseMax>& out, int error, Descriptors descriptors)
        : out_(out), error_(error), descriptors_(descriptors) {}

    /// The program, then the interpreter in its first line, then that one's.
    void run(const char* program) {
        constexpr int kMostScripts = 5;  // exec_binprm() in fs/exec.c
        Part part{nullptr, program, nullptr};
        for (int scripts = 0; scripts <= kMostScripts; ++scripts) {
            if (scripts != 0 && tells_access(part)) return;
            ProgramHead head;
            head_ = heads[scripts % 2];
            if (read(part.path, head).failed()) return;
            if (head.format != Format::script) {
                tell_format(part, head);
                return;
            }
            head_[head.name + head.name_length] = 0;
            part = {"the interpreter", head_ + head.name, nullptr};
        }
        if (error_ == kTooManyLinks) out_.add(" (too many interpreters are scripts)");
    }

 private:
    void done_with(const Outcome& file) const {
        if (descriptors_ == Descriptors::close) (void)call(__NR_close, file.value());
    }

    /// The type of a file; its path is looked up as execve(2) does.
    [[nodiscard]] Outcome type_of(const char* path, std::uint32_t& type) const {
        const Outcome file = call(__NR_openat, kCurrentDirectory, path, kOpenPath | kCloseOnExec);
        TRY(file);
        Statx status{};
        constexpr unsigned kType = 1;  // STATX_TYPE
        const Outcome seen = call(__NR_statx, file.value(), "", kEmptyPath, kType, &status);
        done_with(file);
        type = status.mode & kTypeMask;
        return seen;
    }

    /// Opens a regular file. Not blocking: it may have become another one meanwhile.
    [[nodiscard]] Outcome open_regular(const char* path) const {
        std::uint32_t type = 0;
        TRY(type_of(path, type));
        if (type != kTypeRegular) return refuse(kInvalid);
        return call(__NR_openat, kCurrentDirectory, path,
                    kReadOnly | kNonBlock | kNoControllingTerminal | kCloseOnExec);
    }

    [[nodiscard]] Outcome read(const char* path, ProgramHead& head) const {
        const Outcome file = open_regular(path);
        TRY(file);
        const Outcome length = call(__NR_pread64, file.value(), head_, kHeadSize, 0);
        done_with(file);
        head = read_head(head_, static_cast<std::size_t>(TRY(length)));
        return {};
    }

    /// Reads the name of the dynamic loader; a failure if there is none.
    [[nodiscard]] static Outcome read_loader(const Outcome& file, const ProgramHead& head) {
        const long size =
            TRY(call(__NR_pread64, file.value(), headers, headers_size(head), head.headers));
        const LoaderName name = find_loader(head, headers, static_cast<std::size_t>(size));
        const std::size_t wanted =
            name.length < sizeof loader_name ? name.length : sizeof loader_name;
        const long length = TRY(call(__NR_pread64, file.value(), loader_name, wanted, name.offset));
        if (length == 0) return refuse(kNoEntry);
        // The kernel demands the NUL at the end; a longer name is cut off.
        loader_name[length - 1] = 0;
        return {};
    }

    void begin(const Part& part) {
        out_.add(" (");
        if (part.role == nullptr) {
            out_.add("the file");
            return;
        }
        out_.add(part.role).add(" \"");
        add_printable(out_, part.path);
        out_.add("\"");
        if (part.whose == nullptr) return;
        out_.add(" of \"");
        add_printable(out_, part.whose);
        out_.add("\"");
    }

    void tell(const Part& part, const char* what) {
        begin(part);
        out_.add(what).add(")");
    }

    /// Whether the file cannot be found or executed, which is then the cause.
    bool tells_access(const Part& part) {
        std::uint32_t type = 0;
        const Outcome found = type_of(part.path, type);
        if (found.failed() && found.call() == __NR_openat) {
            tell_missing(part, found.error());
            return true;
        }
        if (found.failed() || error_ != kAccess) return false;
        if (type != kTypeRegular) {
            tell(part, type == kTypeDirectory ? " is a directory" : " is not a regular file");
            return true;
        }
        constexpr int kMayExecute = 1;
        const Outcome may = call(__NR_faccessat, kCurrentDirectory, part.path, kMayExecute);
        if (may.error() != kAccess) return false;
        tell(part, " may not be executed");
        return true;
    }

    void tell_missing(const Part& part, int error) {
        // Another error than that of execve(2) is one of this search: no descriptor is left, or the
        // filter denies the call.
        if (error != error_) return;
        begin(part);
        out_.add(error == kNoEntry ? " does not exist" : " cannot be reached");
        const std::size_t length = strlen(part.path);
        if (length != 0 && part.path[length - 1] == '\r')
            out_.add(": its line ends with a carriage return");
        out_.add(")");
    }

    void tell_format(const Part& part, const ProgramHead& head) {
        if (head.format == Format::elf) {
            tell_elf(part, head);
            return;
        }
        if (error_ == kExecFormat) tell(part, words_of(head.format));
    }

    static const char* words_of(Format format) {
        switch (format) {
            case Format::empty:
                return " is empty";
            case Format::unnamed_script:
                return " has no interpreter behind \"#!\", or one with too long a name";
            case Format::marked_script:
                return " begins with a byte order mark, which hides its \"#!\"";
            case Format::damaged_elf:
                return " is a damaged ELF file";
            case Format::script:
            case Format::elf:
            case Format::other:
                break;
        }
        return " is no ELF file, and no script with \"#!\" in its first line";
    }

    void tell_elf(const Part& part, const ProgramHead& head) {
        const bool is_refused = error_ == kExecFormat || error_ == kBadLibrary;
        const Fit fit = fit_of(head);
        // binfmt_misc returns ENOENT if the emulator is missing.
        if (fit == Fit::foreign && (is_refused || error_ == kNoEntry)) {
            tell_processor(part, head);
            return;
        }
        if (error_ != kExecFormat) {
            tell_loader(part, head);
            return;
        }
        if (fit != Fit::native) {
            tell_processor(part, head);
            return;
        }
        constexpr std::uint16_t kExecutable = 2;  // ET_EXEC
        constexpr std::uint16_t kDynamic = 3;     // ET_DYN
        const bool is_program = head.type == kExecutable || head.type == kDynamic;
        tell(part, is_program ? " is a damaged ELF file" : " is an ELF file, but not a program");
    }

    void tell_processor(const Part& part, const ProgramHead& head) {
        begin(part);
        out_.add(" is for ");
        if (const char* processor = processor_of(head))
            out_.add(processor);
        else
            out_.add("ELF machine ").add_number(head.machine);
        out_.add(", not for ").add(native_processor()).add(")");
    }

    void tell_loader(const Part& part, const ProgramHead& head) {
        const Outcome file = open_regular(part.path);
        if (file.failed()) return;
        const Outcome named = read_loader(file, head);
        done_with(file);
        if (named.failed()) return;
        const Part loader{"the dynamic loader", loader_name,
                          part.role != nullptr ? part.path : nullptr};
        if (tells_access(loader) || error_ != kBadLibrary) return;
        ProgramHead its;
        if (read(loader.path, its).failed()) return;
        if (its.format == Format::elf && fit_of(its) == Fit::foreign) {
            tell_processor(loader, its);
            return;
        }
        tell(loader, " is a damaged ELF file");
    }

    Buffer<kCauseMax>& out_;
    int error_;
    Descriptors descriptors_;
    char* head_ = heads[0];  ///< of the file that is being looked at
};

}  // namespace

void cause_of(const char* program, int error, Descriptors descriptors, char (&out)[kCauseMax]) {
    Buffer<kCauseMax> text;
    if (is_of_files(error)) Search(text, error, descriptors).run(program);
    memcpy(out, text.text(), text.length() + 1);
}

}  // namespace crux::init
