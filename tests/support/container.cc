#include "tests/support/container.h"

#include <sys/wait.h>

#include <filesystem>
#include <iostream>
#include <stdexcept>

namespace crux::test {

namespace {

std::string next_id() {
    static int count = 0;
    return our_tag() + "-" + std::to_string(++count);
}

}  // namespace

Container::Container(Bundle& bundle, std::string id)
    : bundle_(bundle),
      id_(id.empty() ? next_id() : std::move(id)),
      root_(work_folder() + "/state") {}

Container::~Container() {
    try {
        crux({"delete", "--force", id_});
    } catch (const std::exception& error) {
        std::cerr << "delete --force " << id_ << ": " << error.what() << "\n";
    }
}

std::vector<std::string> Container::words(const std::vector<std::string>& command) const {
    std::vector<std::string> all = prefix;
    all.insert(all.end(), {program.empty() ? crux_program() : program, "--root", root_});
    all.insert(all.end(), global_options.begin(), global_options.end());
    all.insert(all.end(), command.begin(), command.end());
    return all;
}

Outcome Container::crux(const std::vector<std::string>& command,
                        const CommandOptions& options) const {
    return test::run(words(command), options);
}

Outcome Container::create(const std::vector<std::string>& options, const CommandOptions& more) {
    bundle_.write();
    std::vector<std::string> command = {"create", "--bundle", bundle_.path(), "--pid-file",
                                        bundle_.path() + "/pid"};
    command.insert(command.end(), options.begin(), options.end());
    command.push_back(id_);
    created_ = std::make_unique<Process>(words(command), more);
    return created_->wait(more.timeout);
}

Outcome Container::start(const CommandOptions& more) {
    return crux({"start", id_}, more);
}

std::unique_ptr<Process> Container::run_beside(const std::vector<std::string>& options,
                                               const CommandOptions& more) {
    bundle_.write();
    std::vector<std::string> command = {"run", "--bundle", bundle_.path()};
    command.insert(command.end(), options.begin(), options.end());
    command.push_back(id_);
    return std::make_unique<Process>(words(command), more);
}

Outcome Container::run(const std::vector<std::string>& options, const CommandOptions& more) {
    return run_beside(options, more)->wait(more.timeout);
}

Outcome Container::kill(const std::string& signal) {
    return crux({"kill", id_, signal});
}

Outcome Container::remove(const std::vector<std::string>& options) {
    std::vector<std::string> command = {"delete"};
    command.insert(command.end(), options.begin(), options.end());
    command.push_back(id_);
    return crux(command);
}

nlohmann::json Container::state() const {
    const Outcome outcome = crux({"state", id_});
    if (!outcome.ok()) throw std::runtime_error("state " + id_ + ": " + outcome.describe());
    return nlohmann::json::parse(outcome.out);
}

std::string Container::status() const {
    const Outcome outcome = crux({"state", id_});
    if (!outcome.ok()) return "";
    return nlohmann::json::parse(outcome.out).at("status");
}

bool Container::reaches(const std::string& status, std::chrono::milliseconds timeout) const {
    return eventually(
        [&] {
            // Init becomes our child when create ends, and would stay a zombie without this.
            if (created_) waitpid(pid(), nullptr, WNOHANG);
            return this->status() == status;
        },
        timeout);
}

int Container::pid() const {
    const std::string file = bundle_.path() + "/pid";
    if (std::filesystem::exists(file)) return std::stoi(read_file(file));
    return state().at("pid");
}

std::string Container::out() const {
    return created_ ? created_->out() : "";
}
std::string Container::err() const {
    return created_ ? created_->err() : "";
}

}  // namespace crux::test
