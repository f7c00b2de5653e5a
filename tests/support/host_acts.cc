#include "tests/support/host_acts.h"

#include <nlohmann/json.hpp>
#include <set>

#include "tests/support/catch.h"
#include "tests/support/checks.h"

namespace crux::test {

std::vector<HostAct> explained_acts(const Container& container, const Bundle& bundle, bool of_run) {
    bundle.write();
    const Outcome explained =
        container.crux({"explain", "--bundle", bundle.path(), "--format", "json"});
    INFO(explained.describe());
    REQUIRE(explained.ok());
    std::vector<HostAct> acts;
    bool recorded = false;
    const nlohmann::json plan = nlohmann::json::parse(explained.out);
    for (const auto& step : plan.at("steps")) {
        if (step.at("side") != "host") continue;
        const std::string name = step.at("kind");
        // What follows belongs to start and delete.
        if (recorded && name != "pid_file" && !of_run) break;
        recorded = recorded || name == "record";
        acts.push_back({name, step.at("what")});
    }
    return acts;
}

std::vector<HostAct> acts_of_restore(std::vector<HostAct> explained) {
    // The FIFO is where init waits for start; the descriptors and namespaces are init's.
    static const std::set<std::string> kOfInit = {"fifo",  "descriptor", "join",
                                                  "clone", "oom_score",  "id_map"};
    std::erase_if(explained, [](const HostAct& act) { return kOfInit.contains(act.name); });
    return explained;
}

std::vector<HostAct> reported_acts(const std::string& log) {
    static const std::string kMark = "msg=\"done on the host: ";
    std::vector<HostAct> acts;
    for (const std::string& line : lines_of(log)) {
        const std::size_t begin = line.find(kMark);
        if (begin == std::string::npos) continue;
        const std::string text = line.substr(begin + kMark.size());
        const std::string sentence = text.substr(0, text.find('"'));
        const std::size_t blank = sentence.find(' ');
        acts.push_back({sentence.substr(0, blank),
                        blank == std::string::npos ? "" : sentence.substr(blank + 1)});
    }
    return acts;
}

std::string difference(const std::vector<HostAct>& explained,
                       const std::vector<HostAct>& reported) {
    for (std::size_t i = 0; i < std::max(explained.size(), reported.size()); ++i) {
        const std::string number = "act " + std::to_string(i + 1) + ": ";
        if (i >= explained.size())
            return number + "reported and not explained: " + reported[i].name;
        if (i >= reported.size())
            return number + "explained and not reported: " + explained[i].name;
        if (explained[i].name != reported[i].name)
            return number + "explained " + explained[i].name + ", reported " + reported[i].name;
        if (explained[i].text.find(reported[i].text) == std::string::npos)
            return number + "explained \"" + explained[i].text + "\", reported \"" +
                   reported[i].text + "\"";
    }
    return {};
}

}  // namespace crux::test
