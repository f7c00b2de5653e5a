#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace crux::test {

/// A folder that lives as long as the test process, below which everything of the test is made:
/// "<our_tag>-XXXXXX" in TMPDIR or /tmp. Its last component names all that is ours.
const std::string& work_folder();
/// "crux-test-<pid>-<8 hexadecimal digits>": in the ids, the paths and the cgroups of this test
/// process, of no other. The digits are random: pids come again, and a cgroup that a killed test
/// left behind must not be taken for one of ours.
const std::string& our_tag();

/// A bundle with a busybox root of its own and the default config, to change before it is used.
class Bundle {
 public:
    /// Makes the folder and the root. Skips the test where there is no static busybox.
    Bundle();
    /// Removes the folder.
    ~Bundle();
    Bundle(const Bundle&) = delete;
    Bundle& operator=(const Bundle&) = delete;

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] std::string rootfs() const { return path_ + "/rootfs"; }

    /// The config to be written; free to be changed in any way, also to a wrong one.
    nlohmann::json& config() { return config_; }
    /// Sets the value at a JSON pointer, making what is missing on the way ("/mounts/-" appends).
    Bundle& set(const std::string& pointer, nlohmann::json value);
    /// Removes the value at a JSON pointer, where there is one.
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
    /// Takes the namespace of this type away.
    Bundle& without_name_space(const std::string& type);

    /// Makes a file in the root, with its parents.
    Bundle& file(const std::string& path, const std::string& text, mode_t mode = 0644);
    /// Makes a folder in the root, with its parents.
    Bundle& folder(const std::string& path);

    /// Writes config.json as it is now. Container does it before each command that reads it.
    void write() const;
    /// Writes this text as config.json, and write() leaves it so from then on.
    void write_raw(const std::string& text);

 private:
    std::string path_;
    nlohmann::json config_;
    bool raw_ = false;
};

}  // namespace crux::test
