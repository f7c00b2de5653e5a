#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/bundle.h"
#include "tests/support/command.h"

namespace crux::test {

/// One container of the program under test, with a state root of its own; deleted by force at the
/// end, whatever became of it.
class Container {
 public:
    /// Nothing runs yet. The id is unique to the test process where none is given.
    explicit Container(Bundle& bundle, std::string id = "");
    ~Container();
    Container(const Container&) = delete;
    Container& operator=(const Container&) = delete;

    [[nodiscard]] const std::string& id() const { return id_; }
    /// What --root says.
    [[nodiscard]] const std::string& root() const { return root_; }
    [[nodiscard]] std::string state_folder() const { return root_ + "/" + id_; }

    /// Options that come before the command's name in every call ("--debug", "--log", …).
    std::vector<std::string> global_options;
    /// What stands before the program's path in every call: "setpriv", "--reuid", ….
    std::vector<std::string> prefix;
    /// The program, where it is not the one under test at its own place.
    std::string program;
    /// Another state root than that of the other containers.
    void use_root(const std::string& root) { root_ = root; }

    /// The words of a call of the program: program, --root, global options, these words.
    [[nodiscard]] std::vector<std::string> words(const std::vector<std::string>& command) const;
    /// Runs the program with these words after its global options.
    Outcome crux(const std::vector<std::string>& command, const CommandOptions& options = {}) const;

    /// `create`, with --bundle and --pid-file; more options before the id.
    Outcome create(const std::vector<std::string>& options = {}, const CommandOptions& more = {});
    Outcome start(const CommandOptions& more = {});
    /// `run` in the foreground, until the program ends.
    Outcome run(const std::vector<std::string>& options = {}, const CommandOptions& more = {});
    /// `run` in the foreground, still going.
    std::unique_ptr<Process> run_beside(const std::vector<std::string>& options = {},
                                        const CommandOptions& more = {});
    Outcome kill(const std::string& signal = "KILL");
    /// Named so because delete is a word of the language.
    Outcome remove(const std::vector<std::string>& options = {});
    Outcome pause() { return crux({"pause", id_}); }
    Outcome resume() { return crux({"resume", id_}); }

    /// `state`, read; throws where the command fails.
    [[nodiscard]] nlohmann::json state() const;
    /// "created", "running", "stopped", "paused", or "" where `state` fails.
    [[nodiscard]] std::string status() const;
    /// Waits until status() is this.
    [[nodiscard]] bool reaches(const std::string& status,
                               std::chrono::milliseconds timeout = 5s) const;
    /// The pid that the pid file of create() or `state` names.
    [[nodiscard]] int pid() const;

    /// What the program wrote when create() and start() were used; init inherits create's outputs.
    [[nodiscard]] std::string out() const;
    [[nodiscard]] std::string err() const;

 private:
    Bundle& bundle_;
    std::string id_;
    std::string root_;
    std::unique_ptr<Process> created_;
};

}  // namespace crux::test
