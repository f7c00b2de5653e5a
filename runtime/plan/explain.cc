#include "runtime/plan/explain.h"

#include <set>
#include <string_view>
#include <vector>

#include "oci-spec/json_writer.h"
#include "runtime/base/text.h"
#include "runtime/capability/names.h"
#include "runtime/plan/describe.h"
#include "runtime/plan/host_steps.h"
#include "runtime/plan/step_info.h"

namespace crux::plan {

namespace {

/// The origin of a step that no property requests.
std::string_view nobody(const Plan& plan) {
    for (const Step& step : plan.steps())
        if (step.kind == Kind::barrier) return "every container";
    return "every exec";
}

/// One step of the host or of init, ready to print.
struct Line {
    std::size_t number = 0;
    std::string_view side;
    std::string_view kind;
    std::string what;
    std::string_view facility;
    std::string_view why;
    std::string_view origin;
    std::uint64_t needs = 0;  ///< capabilities; of a step of init
};

/// A part of the container's life cycle, with its heading.
struct Section {
    std::string_view heading;
    std::vector<Line> lines;
};

/// The texts that a Line's views point into, other than the plan itself.
struct Story {
    std::vector<HostStep> before;
    std::vector<HostStep> after;
    std::vector<HostStep> of_start;
    std::vector<HostStep> of_delete;
    std::vector<Section> sections;
};

void add_host_steps(Section& section, const std::vector<HostStep>& steps, std::size_t& number,
                    std::string_view nobody_asked) {
    for (const HostStep& step : steps)
        section.lines.push_back({++number, "host", step.name, step.what, step.facility, step.why,
                                 step.origin.empty() ? nobody_asked : step.origin});
}

Line init_line(const Plan& plan, const Step& step, std::size_t number,
               std::string_view nobody_asked) {
    const std::string_view origin = plan.text(step.origin);
    const StepInfo& words = step_info(step.kind);
    return {number,
            "init",
            words.name,
            describe(plan, step),
            words.facility,
            words.why,
            origin.empty() ? nobody_asked : origin,
            words.needs};
}

/// The end of create's steps: those after the barrier are start's.
std::size_t end_of_create(std::span<const Step> steps) {
    for (std::size_t index = 0; index < steps.size(); ++index)
        if (steps[index].kind == Kind::ready) return index + 1;
    return steps.size();
}

Story story_of(const Plan& plan) {
    Story story;
    story.before = host_steps_before(plan);
    story.after = host_steps_after(plan);
    story.of_start = host_steps_of_start(plan);
    story.of_delete = host_steps_of_delete(plan);
    const auto steps = plan.steps();
    const std::size_t created = end_of_create(steps);

    const std::string_view nobody_asked = nobody(plan);
    std::size_t number = 0;
    Section before = {"on the host, before init starts", {}};
    add_host_steps(before, story.before, number, nobody_asked);
    Section inside = {"in the container, by init", {}};
    for (std::size_t index = 0; index < created; ++index)
        inside.lines.push_back(init_line(plan, steps[index], index + 1, nobody_asked));
    Section after = {"on the host, when init is ready", {}};
    add_host_steps(after, story.after, number, nobody_asked);
    Section start = {"in the container, until the program is executed", {}};
    for (std::size_t index = created; index < steps.size(); ++index)
        start.lines.push_back(init_line(plan, steps[index], index + 1, nobody_asked));

    story.sections.push_back(std::move(before));
    story.sections.push_back(std::move(inside));
    story.sections.push_back(std::move(after));
    if (!start.lines.empty()) story.sections.push_back(std::move(start));
    Section started = {"on the host, after the program has been executed", {}};
    add_host_steps(started, story.of_start, number, nobody_asked);
    if (!started.lines.empty()) story.sections.push_back(std::move(started));
    Section gone = {"on the host, when the container is deleted", {}};
    add_host_steps(gone, story.of_delete, number, nobody_asked);
    if (!gone.lines.empty()) story.sections.push_back(std::move(gone));
    return story;
}

/// A paragraph that is built word by word and wrapped at the page width; the lines after the first
/// are indented by the length of the label.
class Paragraph {
 public:
    Paragraph(std::string& out, std::string_view label)
        : out_(out), indent_(label.size()), column_(label.size()) {
        out_ += label;
    }
    /// Adds text that is not wrapped, after the gap unless it begins a line.
    void add(std::string_view piece, std::string_view gap = " ") {
        if (!fresh_ && column_ + gap.size() + piece.size() > kWidth) {
            out_ += '\n';
            out_.append(indent_, ' ');
            column_ = indent_;
        } else if (!fresh_) {
            out_ += gap;
            column_ += gap.size();
        }
        out_ += piece;
        column_ += piece.size();
        fresh_ = false;
    }
    void add_words(std::string_view words) {
        for (const std::string_view word : split(words, ' ')) add(word);
    }
    void end() { out_ += '\n'; }

 private:
    static constexpr std::size_t kWidth = 100;
    std::string& out_;
    std::size_t indent_;
    std::size_t column_;
    bool fresh_ = true;
};

void add_paragraph(std::string& out, std::string_view label, std::string_view words) {
    Paragraph paragraph(out, label);
    paragraph.add_words(words);
    paragraph.end();
}

/// The words and their origin, which is not wrapped.
void add_with_origin(std::string& out, std::string_view label, std::string_view words,
                     std::string_view origin) {
    Paragraph paragraph(out, label);
    paragraph.add_words(one_line(words));
    paragraph.add(cat('[', one_line(origin), ']'), "  ");
    paragraph.end();
}

void add_section(std::string& out, const Section& section, std::set<std::string_view>& told) {
    out += cat("\n== ", section.heading, " ==\n");
    std::string_view kind;
    for (const Line& line : section.lines) {
        // Consecutive steps of one kind share the heading of the kind; the reason is printed once.
        if (line.kind != kind) {
            kind = line.kind;
            out += cat('\n', line.kind, ": ", line.facility, '\n');
            if (told.insert(kind).second) {
                add_paragraph(out, "      why: ", line.why);
                if (line.needs != 0)
                    add_paragraph(out,
                                  "      may need: ", join(capability::names_of(line.needs), ", "));
            }
        }
        const std::string number = cat(line.number);
        const std::string blanks(number.size() < 4 ? 4 - number.size() : 0, ' ');
        add_with_origin(out, cat(blanks, number, "  "), line.what, line.origin);
    }
}

}  // namespace

std::string explain_text(const Plan& plan) {
    const Story story = story_of(plan);
    std::size_t count = 0;
    for (const Section& section : story.sections) count += section.lines.size();
    std::string out;
    out.reserve(16384);
    out += cat("The plan of container ", quoted(plan.host.id), ": ", count, " steps.\n");
    add_paragraph(
        out, "",
        "Each kind of step is listed with the kernel interface that it uses and, where it "
        "first appears, with the reason for it. Each step ends with the property of "
        "config.json that requests it.");
    std::set<std::string_view> told;
    for (const Section& section : story.sections) add_section(out, section, told);
    if (!plan.host.limits.warnings.empty()) out += "\n== ignored ==\n\n";
    for (const cgroup::Warning& warning : plan.host.limits.warnings)
        add_with_origin(out, "      ", warning.text, warning.origin);
    return out;
}

std::string explain_json(const Plan& plan) {
    const Story story = story_of(plan);
    // Steps contain command lines of config.json, which are easier to read with a plain "&&".
    oci::JsonWriter json("  ", oci::HtmlEscapes::no);
    json.begin_object();
    json.member("id", plan.host.id);
    json.key("steps");
    json.begin_array();
    for (const Section& section : story.sections) {
        for (const Line& line : section.lines) {
            json.begin_object();
            json.member("number", line.number);
            json.member("side", line.side);
            json.member("kind", line.kind);
            json.member("what", line.what);
            json.member("facility", line.facility);
            json.member("origin", line.origin);
            json.member("why", line.why);
            json.key("mayNeed");
            json.value(capability::names_of(line.needs));
            json.end_object();
        }
    }
    json.end_array();
    json.key("warnings");
    json.begin_array();
    for (const cgroup::Warning& warning : plan.host.limits.warnings) {
        json.begin_object();
        json.member("origin", warning.origin);
        json.member("text", warning.text);
        json.end_object();
    }
    json.end_array();
    json.end_object();
    return json.take() + '\n';
}

std::vector<std::string> explain_lines(const Plan& plan) {
    std::vector<std::string> lines;
    for (const Section& section : story_of(plan).sections)
        for (const Line& line : section.lines)
            lines.push_back(cat(section.heading, ": ", line.what, " [", line.origin, ']'));
    return lines;
}

std::vector<std::string> origins_of(const Plan& plan) {
    std::vector<std::string> origins;
    for (const Section& section : story_of(plan).sections)
        for (const Line& line : section.lines)
            if (line.origin.starts_with('/')) origins.emplace_back(line.origin);
    return origins;
}

}  // namespace crux::plan
