#include "runtime/sys/file.h"

#include <csignal>
#include <cstdlib>

#include "runtime/sys/directory.h"
#include "runtime/sys/memfd.h"
#include "runtime/sys/poll.h"
#include "tests/support/catch.h"
#include "tests/support/descriptors.h"

using namespace crux;
using namespace crux::sys;

namespace {

/// A new directory, removed with its content, one level deep.
struct Scratch {
    std::string path = "/tmp/crux-sys-XXXXXX";
    Fd fd;

    Scratch() {
        REQUIRE(::mkdtemp(path.data()) != nullptr);
        auto opened = openat(FdRef::cwd(), path, O_RDONLY | O_DIRECTORY);
        REQUIRE(opened);
        fd = std::move(*opened);
    }
    ~Scratch() {
        ::lseek(fd.get(), 0, SEEK_SET);
        std::vector<std::string> names;
        (void)for_each_entry(fd, [&](Entry entry) { names.emplace_back(entry.name); });
        for (const std::string& name : names)
            if (!unlinkat(fd, name)) (void)unlinkat(fd, name, AT_REMOVEDIR);
        ::rmdir(path.c_str());
    }
    void put(const char* name, std::string_view text) {
        auto file = openat(fd, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
        REQUIRE(file);
        REQUIRE(write_all(*file, text));
    }
};

}  // namespace

TEST_CASE("an owner closes its descriptor, and a moved one does not") {
    auto pipe = pipe2();
    REQUIRE(pipe);
    const int number = pipe->write.get();
    {
        Fd moved = std::move(pipe->write);
        CHECK(!pipe->write);
        CHECK(moved.get() == number);
        CHECK(test::is_cloexec(moved.get()));
    }
    CHECK(::fcntl(number, F_GETFD) == -1);
    char byte = 0;
    CHECK(read(pipe->read, {&byte, 1}).value() == 0);
}

TEST_CASE("files are read whole, up to a limit") {
    Scratch scratch;
    const std::string text(70000, 'x');
    scratch.put("file", text);
    CHECK(read_file(scratch.fd, "file").value() == text);
    CHECK(read_file(scratch.fd, "file", text.size()).value() == text);
    auto cut = read_file(scratch.fd, "file", text.size() - 1);
    REQUIRE(!cut);
    CHECK(cut.error().value == EFBIG);
}

TEST_CASE("a missing file is named by the caller and explained by the call") {
    auto text = read_file("/nonexistent/file").during("/nonexistent/file");
    REQUIRE(!text);
    CHECK(text.error().message() == "/nonexistent/file: open: no such file or directory");
    CHECK(text.error().code() == ENOENT);
}

TEST_CASE("write_file changes what exists and makes nothing new") {
    Scratch scratch;
    scratch.put("file", "old!");
    REQUIRE(write_file(scratch.fd, "file", "new"));
    CHECK(read_file(scratch.fd, "file").value() == "new!");
    auto missing = write_file(scratch.fd, "missing", "x");
    REQUIRE(!missing);
    CHECK(missing.error().value == ENOENT);
}

TEST_CASE("open_beneath follows no symbolic link and cannot leave the directory", "[kernel]") {
    Scratch scratch;
    scratch.put("file", "x");
    REQUIRE(::symlinkat("file", scratch.fd.get(), "link") == 0);
    CHECK(open_beneath(scratch.fd, "file", O_RDONLY));
    CHECK(open_beneath(scratch.fd, "link", O_RDONLY).error().value == ELOOP);
    CHECK(open_beneath(scratch.fd, "../etc", O_PATH).error().value == EXDEV);
    CHECK(open_beneath(scratch.fd, "/etc", O_PATH).error().value == EXDEV);
    CHECK(readlinkat(scratch.fd, "link").value() == "file");
}

TEST_CASE("long link targets are read whole") {
    Scratch scratch;
    const std::string target(3000, 't');
    REQUIRE(::symlinkat(target.c_str(), scratch.fd.get(), "link") == 0);
    CHECK(readlinkat(scratch.fd, "link").value() == target);
}

TEST_CASE("a directory's entries are visited until the visitor has enough") {
    Scratch scratch;
    for (int i = 0; i < 300; ++i)
        scratch.put(("a rather long file name " + std::to_string(i)).c_str(), "");
    int count = 0;
    bool plain = true;
    REQUIRE(for_each_entry(scratch.fd, [&](Entry entry) {
        ++count;
        plain = plain && std::string_view(entry.name).starts_with("a rather") &&
                (entry.type == DT_REG || entry.type == DT_UNKNOWN) && entry.inode != 0;
    }));
    CHECK(count == 300);
    CHECK(plain);
    REQUIRE(::lseek(scratch.fd.get(), 0, SEEK_SET) == 0);
    int visited = 0;
    REQUIRE(for_each_entry(scratch.fd, [&](Entry) { return ++visited < 3; }));
    CHECK(visited == 3);
}

TEST_CASE("a path by descriptor reaches a file opened with O_PATH") {
    Scratch scratch;
    scratch.put("file", "content");
    auto handle = openat(scratch.fd, "file", O_PATH);
    REQUIRE(handle);
    CHECK(read_file(FdPath(*handle)).value() == "content");
    REQUIRE(fchmodat(FdRef::cwd(), FdPath(*handle), 0400));
    CHECK((fstat(*handle)->st_mode & 07777) == 0400);
}

TEST_CASE("renames may refuse to replace") {
    Scratch scratch;
    scratch.put("a", "a");
    scratch.put("b", "b");
    auto refused = renameat2(scratch.fd, "a", scratch.fd, "b", 1 /* RENAME_NOREPLACE */);
    REQUIRE(!refused);
    CHECK(refused.error().value == EEXIST);
    REQUIRE(renameat2(scratch.fd, "a", scratch.fd, "b"));
    CHECK(read_file(scratch.fd, "b").value() == "a");
}

TEST_CASE("a copy has the requested number or a higher one, and close-on-exec") {
    auto copy = dup(FdRef(0), 50);
    REQUIRE(copy);
    CHECK(copy->get() >= 50);
    CHECK(test::is_cloexec(copy->get()));
}

TEST_CASE("O_NONBLOCK is set and cleared") {
    auto pipe = pipe2();
    REQUIRE(pipe);
    REQUIRE(set_nonblocking(pipe->read, true));
    char byte = 0;
    CHECK(read(pipe->read, {&byte, 1}).error().value == EAGAIN);
    REQUIRE(set_nonblocking(pipe->read, false));
    CHECK((*get_file_flags(pipe->read) & O_NONBLOCK) == 0);
}

TEST_CASE("a sealed memfd cannot be written and is mapped with its content", "[kernel]") {
    auto file = memfd_create("test");
    REQUIRE(file);
    REQUIRE(write_all(*file, "sealed"));
    REQUIRE(add_seals(*file, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL));
    CHECK(write(*file, "x").error().value == EPERM);
    CHECK((::fcntl(file->get(), F_GET_SEALS) & F_SEAL_WRITE) != 0);
    // A shared one could become writable: Linux 5.10 refuses it also for reading.
    auto mapping = mmap(6, PROT_READ, MAP_PRIVATE, *file);
    REQUIRE(mapping);
    Mapping moved = std::move(*mapping);
    CHECK(std::string_view(static_cast<const char*>(moved.data()), moved.size()) == "sealed");
}

TEST_CASE("a wait for one descriptor ends with its event or its timeout") {
    auto pipe = pipe2();
    REQUIRE(pipe);
    CHECK(poll_one(pipe->read, POLLIN, 0).value() == 0);
    CHECK(poll_one(pipe->read, POLLIN, 5).value() == 0);
    REQUIRE(write_all(pipe->write, "x"));
    CHECK((poll_one(pipe->read, POLLIN, 1000).value() & POLLIN) != 0);
    pipe->read.reset();
    CHECK((poll_one(pipe->write, POLLOUT, 1000).value() & POLLERR) != 0);
}
