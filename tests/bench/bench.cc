// Measures how long container operations take with crux, the floor and other runtimes: medians of
// commands started by posix_spawn, in alternation, so that other load on the machine affects all
// alike. Usually started by tests/bench/run.sh.

#include <fcntl.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/bundle.h"
#include "tests/support/command.h"

namespace {

using crux::test::Bundle;
using Clock = std::chrono::steady_clock;
using Words = std::vector<std::string>;

struct Program {
    std::string name;
    std::string path;
};

// The limit for crux, as a ratio to another program's median.
struct Limit {
    std::string operation;
    bool hot = false;
    std::string base;
    double most = 0;
};

struct Options {
    std::optional<Program> floor;
    std::string floor_mode = "none";
    std::vector<Program> runtimes;
    int runs = 24;
    int rest_ms = 50;
    std::string json;
    std::vector<Limit> limits;
};

// Starts a command like a caller written in C: without copying or reading output.
double milliseconds_of(const Words& words, bool show_errors) {
    std::vector<char*> argv;
    for (const auto& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    if (!show_errors) posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    const auto begin = Clock::now();
    pid_t pid = -1;
    const int failed = posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ);
    int status = 0;
    if (failed == 0) waitpid(pid, &status, 0);
    const std::chrono::duration<double, std::milli> took = Clock::now() - begin;
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0 || status != 0) {
        std::string text = "failed:";
        for (const auto& word : words) text.append(" ").append(word);
        throw std::runtime_error(text);
    }
    return took.count();
}

// Containers of create become our children, because this process is a subreaper; kill(pid, 0) also
// succeeds for a zombie.
void reap() {
    while (waitpid(-1, nullptr, WNOHANG) > 0) continue;
}

struct Row {
    std::string operation;
    std::string name;
    std::function<double(bool show_errors)> measure;
    std::vector<double> rested;
    std::vector<double> hot;
};

double median(std::vector<double> values) {
    if (values.empty()) return 0;
    std::ranges::sort(values);
    const std::size_t half = values.size() / 2;
    return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

double least(const std::vector<double>& values) {
    return values.empty() ? 0 : *std::ranges::min_element(values);
}

Words words_of(const std::string& program, const Words& global, const Words& command) {
    Words words = {program};
    words.insert(words.end(), global.begin(), global.end());
    words.insert(words.end(), command.begin(), command.end());
    return words;
}

// The whole life cycle of a container, as containerd and Podman run it; the sum of the four
// commands.
double life(const std::string& program, const Words& global, const Bundle& bundle, bool show) {
    const std::string id = crux::test::our_tag() + "-life";
    double sum = 0;
    for (const Words& command : {Words{"create", "--bundle", bundle.path(), id}, Words{"start", id},
                                 Words{"kill", id, "KILL"}, Words{"delete", "--force", id}})
        sum += milliseconds_of(words_of(program, global, command), show);
    reap();
    return sum;
}

// A sleeping container, removed with this object, for operations on running containers.
class Running {
 public:
    Running(const Program& program, Words global, const Bundle& sleeper)
        : program_(program.path),
          global_(std::move(global)),
          id_(crux::test::our_tag() + "-" + program.name) {
        milliseconds_of(words({"run", "--detach", "--bundle", sleeper.path(), id_}), true);
    }
    ~Running() {
        try {
            milliseconds_of(words({"delete", "--force", id_}), true);
        } catch (const std::exception& error) {
            std::fprintf(stderr, "%s\n", error.what());
        }
        reap();
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

    [[nodiscard]] double exec(bool show) const {
        return milliseconds_of(words({"exec", id_, "/bin/true"}), show);
    }

 private:
    [[nodiscard]] Words words(const Words& command) const {
        return words_of(program_, global_, command);
    }

    std::string program_;
    Words global_;
    std::string id_;
};

std::vector<Row> rows(const Options& options, const Bundle& bundle, const Bundle& sleeper) {
    std::vector<Row> all;
    if (options.floor) {
        const Words words = {options.floor->path, options.floor_mode};
        all.push_back({.operation = "run", .name = "floor", .measure = [words](bool show) {
                           return milliseconds_of(words, show);
                       }});
    }
    for (const auto& program : options.runtimes) {
        const Words global = {"--root", crux::test::work_folder() + "/" + program.name};
        const Words run =
            words_of(program.path, global,
                     {"run", "--bundle", bundle.path(), crux::test::our_tag() + "-run"});
        all.push_back({.operation = "run", .name = program.name, .measure = [run](bool show) {
                           return milliseconds_of(run, show);
                       }});
        all.push_back({.operation = "life",
                       .name = program.name,
                       .measure = [path = program.path, global, &sleeper](bool show) {
                           return life(path, global, sleeper, show);
                       }});
        // The container is made in the first round: if that fails, the row is left out.
        all.push_back({.operation = "exec",
                       .name = program.name,
                       .measure = [program, global, &sleeper,
                                   running = std::shared_ptr<Running>()](bool show) mutable {
                           if (!running)
                               running = std::make_shared<Running>(program, global, sleeper);
                           return running->exec(show);
                       }});
    }
    return all;
}

// One round that is not counted warms caches and shows whether a program can take part.
void drop_what_fails(std::vector<Row>& all) {
    std::erase_if(all, [](const Row& row) {
        try {
            row.measure(true);
            return false;
        } catch (const std::exception& error) {
            std::fprintf(stderr, "%s %s is left out: %s\n", row.name.c_str(), row.operation.c_str(),
                         error.what());
            return true;
        }
    });
}

void measure_all(const Options& options, std::vector<Row>& all) {
    const std::chrono::milliseconds rest(options.rest_ms);
    for (int turn = 0; turn < options.runs; ++turn)
        for (auto& row : all) {
            std::this_thread::sleep_for(rest);
            row.rested.push_back(row.measure(false));
        }
    for (int turn = 0; turn < options.runs; ++turn)
        for (auto& row : all) row.hot.push_back(row.measure(false));
}

const Row* find(const std::vector<Row>& all, const std::string& operation,
                const std::string& name) {
    for (const auto& row : all)
        if (row.operation == operation && row.name == name) return &row;
    return nullptr;
}

void print_table(const Options& options, const std::vector<Row>& all) {
    std::printf(
        "medians of %d, in milliseconds; \"rest\" after %d ms of sleep, \"hot\" without\n\n",
        options.runs, options.rest_ms);
    std::printf("%-6s %-10s %8s %8s %8s %8s   %s\n", "", "", "rest", "least", "hot", "least",
                "rest, in floors");
    const Row* floor = find(all, "run", "floor");
    for (const auto& row : all) {
        std::printf("%-6s %-10s %8.2f %8.2f %8.2f %8.2f", row.operation.c_str(), row.name.c_str(),
                    median(row.rested), least(row.rested), median(row.hot), least(row.hot));
        if (floor != nullptr && row.operation == "run")
            std::printf("   %.2f", median(row.rested) / median(floor->rested));
        std::printf("\n");
    }
}

void write_json(const Options& options, const std::vector<Row>& all) {
    nlohmann::json report = {{"runs", options.runs}, {"restMs", options.rest_ms}};
    for (const auto& row : all)
        report["rows"].push_back({{"operation", row.operation},
                                  {"program", row.name},
                                  {"restMedianMs", median(row.rested)},
                                  {"restLeastMs", least(row.rested)},
                                  {"hotMedianMs", median(row.hot)},
                                  {"hotLeastMs", least(row.hot)}});
    crux::test::write_file(options.json, report.dump(4) + "\n");
}

bool within_limits(const Options& options, const std::vector<Row>& all) {
    bool within = true;
    for (const auto& limit : options.limits) {
        const Row* crux = find(all, limit.operation, "crux");
        const Row* base = find(all, limit.operation, limit.base);
        const char* moment = limit.hot ? "hot" : "rested";
        if (crux == nullptr || base == nullptr) {
            std::printf("crux %s, %s: not compared with %s, one of them did not take part\n",
                        limit.operation.c_str(), moment, limit.base.c_str());
            continue;
        }
        const double ratio = limit.hot ? median(crux->hot) / median(base->hot)
                                       : median(crux->rested) / median(base->rested);
        const bool holds = ratio <= limit.most;
        within = within && holds;
        std::printf("crux %s, %s: %.2f of %s, at most %.2f: %s\n", limit.operation.c_str(), moment,
                    ratio, limit.base.c_str(), limit.most, holds ? "holds" : "DOES NOT HOLD");
    }
    return within;
}

// "run:crun=0.4" for rested commands, "exec-hot:crun=0.5" for hot ones.
Limit read_limit(const std::string& text) {
    const std::size_t colon = text.find(':');
    const std::size_t equals = text.find('=');
    if (colon == std::string::npos || equals == std::string::npos || equals < colon)
        throw std::runtime_error("--most " + text + ": must be OPERATION[-hot]:PROGRAM=RATIO");
    Limit limit;
    limit.operation = text.substr(0, colon);
    const std::string suffix = "-hot";
    limit.hot = limit.operation.ends_with(suffix);
    if (limit.hot) limit.operation.resize(limit.operation.size() - suffix.size());
    limit.base = text.substr(colon + 1, equals - colon - 1);
    limit.most = std::stod(text.substr(equals + 1));
    return limit;
}

Options read_options(int argc, char** argv) {
    Options options;
    for (int at = 1; at + 1 < argc; at += 2) {
        const std::string option = argv[at];
        const std::string value = argv[at + 1];
        const std::size_t equals = value.find('=');
        if (option == "--floor")
            options.floor = Program{"floor", value};
        else if (option == "--floor-mode")
            options.floor_mode = value;
        else if (option == "--runs")
            options.runs = std::stoi(value);
        else if (option == "--rest")
            options.rest_ms = std::stoi(value);
        else if (option == "--json")
            options.json = value;
        else if (option == "--program" && equals != std::string::npos)
            options.runtimes.push_back({value.substr(0, equals), value.substr(equals + 1)});
        else if (option == "--most")
            options.limits.push_back(read_limit(value));
        else
            throw std::runtime_error(
                std::string(option).append(" ").append(value).append(": invalid option"));
    }
    return options;
}

int bench(int argc, char** argv) {
    const Options options = read_options(argc, argv);
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    Bundle bundle;
    // The oldest version with all these properties: older runtimes refuse a version that they do
    // not know.
    bundle.args({"/bin/true"}).set("/ociVersion", "1.0.2").write();
    Bundle sleeper;
    sleeper.args({"/bin/sleep", "1000"}).set("/ociVersion", "1.0.2").write();
    // The floor uses its working directory.
    if (chdir(bundle.path().c_str()) != 0) throw std::runtime_error("chdir");
    std::vector<Row> all = rows(options, bundle, sleeper);
    drop_what_fails(all);
    measure_all(options, all);
    print_table(options, all);
    if (!options.json.empty()) write_json(options, all);
    return within_limits(options, all) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return bench(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "crux-bench: %s\n", error.what());
        return 2;
    } catch (...) {
        // Thrown by skip(), which has printed the reason.
        return 0;
    }
}
