#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace crux::test {

/// A directory that exists as long as the test process, for all files of the test:
/// "<our_tag>-XXXXXX" in TMPDIR or /tmp. Its last component identifies everything of this process.
const std::string& work_folder();
/// "crux-test-<pid>-<8 hexadecimal digits>": in the ids, the paths and the cgroups of this test
/// process only. The digits are random, because pids are reused and a cgroup that a killed test
/// left behind must not be mistaken for one of ours.
const std::string& our_tag();

/// A bundle with its own busybox root and the default config, to be changed before use.
class Bundle {
 public:
    /// Makes the directory and the root. Skips the test without a static busybox.
    Bundle();
    /// Removes the directory.
    ~Bundle();
    Bundle(const Bundle&) = delete;
    Bundle& operator=(const Bundle&) = delete;

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] std::string rootfs() const { return path_ + "/rootfs"; }

    /// The config to be written; any change is allowed, also to an invalid one.
    nlohmann::json& config() { return config_; }
    /// Sets the value at a JSON pointer, and makes missing objects on the way ("/mounts/-"
    /// appends).
    Bundle& set(const std::string& pointer, nlohmann::json value);
    /// Removes the value at a JSON pointer, if it exists.
    Bundle& remove(const std::string& pointer);
    /// Applies a JSON merge patch (RFC 7396).
    Bundle& patch(const nlohmann::json& patch);
    /// The program and its arguments.
    Bundle& args(const std::vector<std::string>& words);
    /// A script for the container's /bin/sh.
    Bundle& script(const std::string& text) { return args({"/bin/sh", "-c", text}); }
    /// Appends a mount.
    Bundle& mount(const std::string& destination, const std::string& type,
                  const std::string& source, const std::vector<std::string>& options = {});
    /// Replaces the namespace of this type: new, or joined by path.
    Bundle& name_space(const std::string& type, const std::string& path = "");
    /// Removes the namespace of this type.
    Bundle& without_name_space(const std::string& type);

    /// Makes a file in the root, with its parents.
    Bundle& file(const std::string& path, const std::string& text, mode_t mode = 0644);
    /// Makes a directory in the root, with its parents.
    Bundle& folder(const std::string& path);

    /// Writes the present config.json. Container does this before each command that reads it.
    void write() const;
    /// Writes this text as config.json, and write() keeps it from then on.
    void write_raw(const std::string& text);

 private:
    std::string path_;
    nlohmann::json config_;
    bool raw_ = false;
};

}  // namespace crux::test
