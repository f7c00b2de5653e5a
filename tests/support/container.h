#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/bundle.h"
#include "tests/support/command.h"

namespace crux::test {

/// One container of the program under test with its own state root; deleted by force at the end in
/// any case.
class Container {
 public:
    /// Starts nothing. Without an id it gets one that is unique to the test process.
    explicit Container(Bundle& bundle, std::string id = "");
    ~Container();
    Container(const Container&) = delete;
    Container& operator=(const Container&) = delete;

    [[nodiscard]] const std::string& id() const { return id_; }
    /// The argument of --root.
    [[nodiscard]] const std::string& root() const { return root_; }
    [[nodiscard]] std::string state_folder() const { return root_ + "/" + id_; }

    /// Options before the command's name in every call ("--debug", "--log", …).
    std::vector<std::string> global_options;
    /// Words before the program's path in every call: "setpriv", "--reuid", ….
    std::vector<std::string> prefix;
    /// The program, if it is not the usual one under test.
    std::string program;
    /// Another state root than that of the other containers.
    void use_root(const std::string& root) { root_ = root; }

    /// The words of a call: program, --root, global options, these words.
    [[nodiscard]] std::vector<std::string> words(const std::vector<std::string>& command) const;
    /// Runs the program with these words after its global options.
    Outcome crux(const std::vector<std::string>& command, const CommandOptions& options = {}) const;

    /// `create`, with --bundle and --pid-file; more options before the id.
    Outcome create(const std::vector<std::string>& options = {}, const CommandOptions& more = {});
    Outcome start(const CommandOptions& more = {});
    /// `run` in the foreground, until the program ends.
    Outcome run(const std::vector<std::string>& options = {}, const CommandOptions& more = {});
    /// Starts `run` in the foreground without waiting.
    std::unique_ptr<Process> run_beside(const std::vector<std::string>& options = {},
                                        const CommandOptions& more = {});
    Outcome kill(const std::string& signal = "KILL");
    /// Not called delete, which is a keyword.
    Outcome remove(const std::vector<std::string>& options = {});
    Outcome pause() { return crux({"pause", id_}); }
    Outcome resume() { return crux({"resume", id_}); }

    /// The parsed output of `state`; throws if the command fails.
    [[nodiscard]] nlohmann::json state() const;
    /// "created", "running", "stopped", "paused", or "" if `state` fails.
    [[nodiscard]] std::string status() const;
    /// Waits until status() has this value.
    [[nodiscard]] bool reaches(const std::string& status,
                               std::chrono::milliseconds timeout = 5s) const;
    /// The pid from the pid file of create() or from `state`.
    [[nodiscard]] int pid() const;

    /// The program's output after create() and start(); init inherits create's outputs.
    [[nodiscard]] std::string out() const;
    [[nodiscard]] std::string err() const;

 private:
    Bundle& bundle_;
    std::string id_;
    std::string root_;
    std::unique_ptr<Process> created_;
};

}  // namespace crux::test
