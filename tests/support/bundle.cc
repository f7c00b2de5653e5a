#include "tests/support/bundle.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <stdexcept>

#include "tests/support/command.h"
#include "tests/support/default_config.h"
#include "tests/support/facts.h"

namespace crux::test {

namespace fs = std::filesystem;

namespace {

// Made on first use, removed when the process ends.
struct WorkFolder {
    std::string path;
    WorkFolder() {
        const char* base = std::getenv("TMPDIR");
        path = std::string(base != nullptr ? base : "/tmp") + "/" + our_tag() + "-XXXXXX";
        if (mkdtemp(path.data()) == nullptr) throw std::runtime_error("mkdtemp " + path);
        // Containers with other ids must reach their root through it.
        chmod(path.c_str(), 0755);
    }
    ~WorkFolder() {
        std::error_code ignored;
        fs::remove_all(path, ignored);
    }
    WorkFolder(const WorkFolder&) = delete;
    WorkFolder& operator=(const WorkFolder&) = delete;
};

// A copy of the machine's busybox: hard links to it must be on one filesystem, and tests may
// damage it.
struct Busybox {
    std::string path = work_folder() + "/busybox";
    std::vector<std::string> names;
    Busybox() {
        fs::copy_file("/bin/busybox", path);
        std::istringstream list(run({path, "--list"}).out);
        for (std::string name; std::getline(list, name);)
            if (name != "busybox") names.push_back(name);
    }
};

bool is_static(const std::string& program) {
    // A dynamic program contains the name of its loader.
    std::string bytes(4096, '\0');
    std::ifstream(program, std::ios::binary).read(bytes.data(), 4096);
    return bytes.find("/ld-linux") == std::string::npos &&
           bytes.find("/lib64/ld-") == std::string::npos;
}

void make_busybox_root(const std::string& root) {
    static const bool usable = fs::exists("/bin/busybox") && is_static("/bin/busybox");
    if (!usable) skip("needs a static /bin/busybox (Debian: busybox-static)");
    static const Busybox busybox;
    for (const char* name : {"bin", "dev", "etc", "proc", "root", "sys", "tmp", "usr", "var"})
        fs::create_directories(root + "/" + name);
    chmod((root + "/tmp").c_str(), 01777);
    fs::create_symlink("../bin", root + "/usr/bin");
    fs::create_symlink("bin", root + "/sbin");
    const int bin = open((root + "/bin").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (bin < 0) throw std::runtime_error("open " + root + "/bin");
    for (const auto& name : busybox.names)
        linkat(AT_FDCWD, busybox.path.c_str(), bin, name.c_str(), 0);
    linkat(AT_FDCWD, busybox.path.c_str(), bin, "busybox", 0);
    close(bin);
    write_file(root + "/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n");
    write_file(root + "/etc/group", "root:x:0:\ntty:x:5:\n");
}

}  // namespace

const std::string& our_tag() {
    static const std::string tag = [] {
        char start[9];
        std::snprintf(start, sizeof start, "%08x", std::random_device()());
        return "crux-test-" + std::to_string(getpid()) + "-" + start;
    }();
    return tag;
}

const std::string& work_folder() {
    static const WorkFolder folder;
    return folder.path;
}

Bundle::Bundle() : config_(default_config()) {
    static int count = 0;
    path_ = work_folder() + "/bundle-" + std::to_string(++count);
    fs::create_directory(path_);
    make_busybox_root(rootfs());
}

Bundle::~Bundle() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

Bundle& Bundle::set(const std::string& pointer, nlohmann::json value) {
    config_[nlohmann::json::json_pointer(pointer)] = std::move(value);
    return *this;
}

Bundle& Bundle::remove(const std::string& pointer) {
    const nlohmann::json::json_pointer place(pointer);
    if (!config_.contains(place)) return *this;
    auto& parent = config_[place.parent_pointer()];
    if (parent.is_array())
        parent.erase(std::stoul(place.back()));
    else
        parent.erase(place.back());
    return *this;
}

Bundle& Bundle::patch(const nlohmann::json& patch) {
    config_.merge_patch(patch);
    return *this;
}

Bundle& Bundle::args(const std::vector<std::string>& words) {
    return set("/process/args", words);
}

Bundle& Bundle::mount(const std::string& destination, const std::string& type,
                      const std::string& source, const std::vector<std::string>& options) {
    nlohmann::json entry = {{"destination", destination}, {"type", type}, {"source", source}};
    if (!options.empty()) entry["options"] = options;
    config_["mounts"].push_back(entry);
    return *this;
}

Bundle& Bundle::name_space(const std::string& type, const std::string& path) {
    without_name_space(type);
    nlohmann::json entry = {{"type", type}};
    if (!path.empty()) entry["path"] = path;
    config_["linux"]["namespaces"].push_back(entry);
    return *this;
}

Bundle& Bundle::without_name_space(const std::string& type) {
    auto& all = config_["linux"]["namespaces"];
    for (auto entry = all.begin(); entry != all.end();)
        entry = entry->at("type") == type ? all.erase(entry) : entry + 1;
    return *this;
}

Bundle& Bundle::file(const std::string& path, const std::string& text, mode_t mode) {
    const std::string full = rootfs() + "/" + path;
    fs::create_directories(fs::path(full).parent_path());
    write_file(full, text, mode);
    return *this;
}

Bundle& Bundle::folder(const std::string& path) {
    fs::create_directories(rootfs() + "/" + path);
    return *this;
}

void Bundle::write() const {
    if (!raw_) write_file(path_ + "/config.json", config_.dump(4) + "\n");
}

void Bundle::write_raw(const std::string& text) {
    raw_ = true;
    write_file(path_ + "/config.json", text);
}

}  // namespace crux::test
