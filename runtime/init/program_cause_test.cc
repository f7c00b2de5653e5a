#include "runtime/init/program_cause.h"

#include <elf.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "tests/support/bundle.h"
#include "tests/support/catch.h"

namespace crux::init {
namespace {

#if defined(__x86_64__)
constexpr std::uint16_t kNative = EM_X86_64;
constexpr const char* kName = "x86_64";
#elif defined(__aarch64__)
constexpr std::uint16_t kNative = EM_AARCH64;
constexpr const char* kName = "aarch64";
#else
constexpr std::uint16_t kNative = EM_RISCV;
constexpr const char* kName = "riscv64";
#endif

/// Files that are gone after the test.
class Files {
 public:
    Files() {
        std::string name = test::work_folder() + "/cause-XXXXXX";
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    Files(const Files&) = delete;
    Files& operator=(const Files&) = delete;
    ~Files() { std::filesystem::remove_all(path_); }

    std::string make(const std::string& name, std::string_view bytes, ::mode_t mode = 0755) const {
        const std::string path = at(name);
        std::ofstream(path, std::ios::binary) << bytes;
        REQUIRE(::chmod(path.c_str(), mode) == 0);
        return path;
    }
    [[nodiscard]] std::string at(const std::string& name) const { return path_ + '/' + name; }

 private:
    std::string path_;
};

std::string cause(const std::string& program, int error) {
    char out[kCauseMax];
    cause_of(program.c_str(), error, Descriptors::close, out);
    return out;
}

/// A program that is only a header and the name of its dynamic loader.
std::string elf(std::uint16_t machine, std::string_view loader, std::uint16_t type = ET_DYN) {
    struct {
        Elf64_Ehdr header;
        Elf64_Phdr program;
    } file{};
    std::memcpy(file.header.e_ident, ELFMAG, SELFMAG);
    file.header.e_ident[EI_CLASS] = ELFCLASS64;
    file.header.e_ident[EI_DATA] = ELFDATA2LSB;
    file.header.e_ident[EI_VERSION] = EV_CURRENT;
    file.header.e_type = type;
    file.header.e_machine = machine;
    file.header.e_phoff = sizeof file.header;
    file.header.e_phentsize = sizeof file.program;
    file.header.e_phnum = 1;
    file.program.p_type = PT_INTERP;
    file.program.p_offset = sizeof file;
    file.program.p_filesz = loader.size() + 1;
    std::string bytes(reinterpret_cast<const char*>(&file), sizeof file);
    return bytes.append(loader).append(1, '\0');
}

TEST_CASE("a missing interpreter is named, however deep it is") {
    const Files files;
    CHECK(cause(files.make("a", "#!/nosuch/bash -e\n"), ENOENT) ==
          " (the interpreter \"/nosuch/bash\" does not exist)");
    CHECK(cause(files.make("b", "#!" + files.at("a") + "\n"), ENOENT) ==
          " (the interpreter \"/nosuch/bash\" does not exist)");
    CHECK(cause(files.make("c", "#!/bin/sh\r\nexit\r\n"), ENOENT) ==
          " (the interpreter \"/bin/sh\\r\" does not exist: its line ends with a carriage return)");
    CHECK(cause(files.make("d", "#!/nosuch/\x1b[2Jx\n"), ENOENT) ==
          " (the interpreter \"/nosuch/?[2Jx\" does not exist)");
    CHECK(cause(files.make("e", "#!" + files.at("a") + "/sh\n"), ENOTDIR) ==
          " (the interpreter \"" + files.at("a") + "/sh\" cannot be reached)");
}

TEST_CASE("a missing dynamic loader is named, also that of an interpreter") {
    const Files files;
    const std::string program = files.make("a", elf(kNative, "/nosuch/ld.so"));
    CHECK(cause(program, ENOENT) == " (the dynamic loader \"/nosuch/ld.so\" does not exist)");
    CHECK(cause(files.make("b", "#!" + program + "\n"), ENOENT) ==
          " (the dynamic loader \"/nosuch/ld.so\" of \"" + program + "\" does not exist)");
    CHECK(cause(files.make("c", elf(kNative, std::string(5000, 'x'))), ENAMETOOLONG).empty());
    files.make("ld.so", elf(EM_S390, ""));
    CHECK(cause(files.make("d", elf(kNative, files.at("ld.so"))), ELIBBAD) ==
          " (the dynamic loader \"" + files.at("ld.so") + "\" is for s390x, not for " + kName +
              ")");
    files.make("text", "no library");
    CHECK(cause(files.make("e", elf(kNative, files.at("text"))), ELIBBAD) ==
          " (the dynamic loader \"" + files.at("text") + "\" is a damaged ELF file)");
}

TEST_CASE("a program for another processor is named as one") {
    const Files files;
    const std::string program = files.make("a", elf(EM_S390, "/lib/ld64.so.1"));
    const std::string told = std::string(" is for s390x, not for ") + kName + ")";
    CHECK(cause(program, ENOEXEC) == " (the file" + told);
    // binfmt_misc, without the emulator.
    CHECK(cause(program, ENOENT) == " (the file" + told);
    CHECK(cause(files.make("b", "#!" + program + "\n"), ENOEXEC) ==
          " (the interpreter \"" + program + "\"" + told);
    CHECK(cause(files.make("c", elf(0x1234, "")), ENOEXEC) ==
          std::string(" (the file is for ELF machine 4660, not for ") + kName + ")");
}

TEST_CASE("a file that the kernel cannot execute is described") {
    const Files files;
    const struct {
        std::string bytes;
        const char* told;
    } rows[] = {
        {"", " (the file is empty)"},
        {"echo hello\n", " (the file is no ELF file, and no script with \"#!\" in its first line)"},
        {"\xef\xbb\xbf#!/bin/sh\n",
         " (the file begins with a byte order mark, which hides its \"#!\")"},
        {"#! \n/bin/sh\n",
         " (the file has no interpreter behind \"#!\", or one with too long a name)"},
        {"\177ELF and nothing more", " (the file is a damaged ELF file)"},
        {elf(kNative, "", ET_REL), " (the file is an ELF file, but not a program)"},
        {elf(kNative, ""), " (the file is a damaged ELF file)"},
    };
    for (const auto& row : rows) {
        INFO(row.told);
        CHECK(cause(files.make("file", row.bytes), ENOEXEC) == row.told);
    }
}

TEST_CASE("an interpreter that may not be executed is named") {
    const Files files;
    const std::string plain = files.make("plain", "#!/bin/sh\n", 0644);
    CHECK(cause(files.make("a", "#!" + plain + "\n"), EACCES) ==
          " (the interpreter \"" + plain + "\" may not be executed)");
    std::filesystem::create_directory(files.at("folder"));
    CHECK(cause(files.make("b", "#!" + files.at("folder") + "\n"), EACCES) ==
          " (the interpreter \"" + files.at("folder") + "\" is a directory)");
    // Nobody ever writes to it.
    REQUIRE(::mkfifo(files.at("fifo").c_str(), 0755) == 0);
    CHECK(cause(files.make("c", "#!" + files.at("fifo") + "\n"), EACCES) ==
          " (the interpreter \"" + files.at("fifo") + "\" is not a regular file)");
    CHECK(cause(files.at("fifo"), EACCES).empty());
}

TEST_CASE("scripts that are interpreters of each other end the search") {
    const Files files;
    const std::string own = files.make("own", "#!" + files.at("own") + "\n");
    CHECK(cause(own, ELOOP) == " (too many interpreters are scripts)");
    CHECK(cause(own, ENOENT).empty());
}

TEST_CASE("nothing is said of a file that does not explain the error") {
    const Files files;
    CHECK(cause(files.at("nosuch"), ENOENT).empty());
    CHECK(cause(files.make("a", "#!/bin/sh\n"), ENOENT).empty());
    const std::string missing = files.make("b", "#!/nosuch\n");
    for (const int error : {E2BIG, ENOMEM, EPERM, EAGAIN, EACCES, ELOOP}) {
        INFO(error);
        CHECK(cause(missing, error).empty());
    }
}

}  // namespace
}  // namespace crux::init
