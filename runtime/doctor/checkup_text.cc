#include "oci-spec/json_writer.h"
#include "runtime/base/text.h"
#include "runtime/doctor/doctor.h"

namespace crux::doctor {

namespace {

std::string_view word_of(Grade grade) {
    switch (grade) {
        case Grade::good:
            return "good";
        case Grade::limited:
            return "limited";
        case Grade::broken:
            break;
    }
    return "broken";
}

/// The value of "grade", which programs read: it does not change with the text.
std::string_view json_word_of(Grade grade) {
    return grade == Grade::limited ? "lacking" : word_of(grade);
}

std::string describe_all(const std::vector<oci::PropertyPattern>& patterns) {
    std::vector<std::string> out;
    out.reserve(patterns.size());
    for (const oci::PropertyPattern& pattern : patterns) out.push_back(oci::describe(pattern));
    return join(out, ", ");
}

void write_patterns(oci::JsonWriter& writer, const Finding& finding) {
    writer.key(finding.by_value ? "mayFail" : "fails");
    writer.begin_array();
    for (const oci::PropertyPattern& pattern : finding.fails) {
        writer.begin_object();
        writer.member("pattern", pattern.pattern);
        if (!pattern.value.empty()) writer.member("value", pattern.value);
        writer.end_object();
    }
    writer.end_array();
}

}  // namespace

std::string report_text(const std::vector<Finding>& findings, std::string_view subject) {
    std::string out;
    for (const Finding& finding : findings) {
        out += cat(word_of(finding.grade), ": ", finding.subject, ": ", finding.text, '\n');
        if (!finding.fails.empty())
            out += cat(finding.by_value ? "    may fail: " : "    fails: ",
                       describe_all(finding.fails), '\n');
        if (!finding.remedy.empty()) out += cat("    fix: ", finding.remedy, '\n');
    }
    return out + cat(subject, fit(findings) ? " can" : " cannot", " run here\n");
}

std::string report_json(const std::vector<Finding>& findings) {
    oci::JsonWriter writer("    ");
    writer.begin_object();
    writer.member("fit", fit(findings));
    writer.key("findings");
    writer.begin_array();
    for (const Finding& finding : findings) {
        writer.begin_object();
        writer.member("grade", json_word_of(finding.grade));
        writer.member("subject", finding.subject);
        writer.member("text", finding.text);
        if (!finding.fails.empty()) write_patterns(writer, finding);
        if (!finding.remedy.empty()) writer.member("remedy", finding.remedy);
        writer.end_object();
    }
    writer.end_array();
    writer.end_object();
    return writer.take() + '\n';
}

}  // namespace crux::doctor
