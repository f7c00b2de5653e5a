#include "tests/support/exec.h"

#include "tests/support/checks.h"

namespace crux::test {

namespace {

Bundle& sleeping(Bundle& bundle) {
    return bundle.args({"/bin/sleep", "1000"});
}

}  // namespace

Sleeper::Sleeper(Bundle& bundle) : Container(sleeping(bundle)) {
    global_options = bare_errors();
    must(create());
    must(start());
}

std::vector<std::string> Sleeper::exec_words(const std::vector<std::string>& flags,
                                             const std::vector<std::string>& words) const {
    std::vector<std::string> all = {"exec"};
    all.insert(all.end(), flags.begin(), flags.end());
    all.push_back(id());
    all.insert(all.end(), words.begin(), words.end());
    return all;
}

Outcome Sleeper::exec(const std::vector<std::string>& flags, const std::vector<std::string>& words,
                      const CommandOptions& options) const {
    return crux(exec_words(flags, words), options);
}

Outcome Sleeper::exec_script(const std::vector<std::string>& flags, const std::string& script,
                             const CommandOptions& options) const {
    return exec(flags, {"/bin/sh", "-c", script}, options);
}

std::unique_ptr<Process> Sleeper::exec_beside(const std::vector<std::string>& flags,
                                              const std::vector<std::string>& words,
                                              const CommandOptions& options) const {
    return std::make_unique<Process>(this->words(exec_words(flags, words)), options);
}

}  // namespace crux::test
