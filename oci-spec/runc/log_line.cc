#include "oci-spec/runc/log_line.h"

#include <algorithm>

#include "oci-spec/json_writer.h"
#include "runtime/base/text.h"

namespace crux::oci {

namespace {

/// Valid JSON may contain controls of a terminal: DEL and those of Unicode.
std::string without_controls(std::string_view json) {
    std::string out;
    out.reserve(json.size());
    while (!json.empty()) {
        const std::string_view character =
            json.substr(0, std::max<std::size_t>(utf8_length(json), 1));
        out += character == "\x7f" ? "\\u007f" : one_line(character);
        json.remove_prefix(character.size());
    }
    return out;
}

void write_error(JsonWriter& writer, const LogError& error) {
    const struct {
        std::string_view key;
        std::string_view value;
    } members[] = {{"code", error.code}, {"phase", error.phase},      {"pointer", error.pointer},
                   {"call", error.call}, {"errno", error.errno_name}, {"hint", error.hint}};
    for (const auto& member : members)
        if (!member.value.empty()) writer.member(member.key, member.value);
    // A single one is the message.
    if (error.causes.size() > 1) writer.member("causes", error.causes);
}

}  // namespace

std::string log_line(std::string_view level, std::string_view message, std::string_view time,
                     const LogCaller& caller, const LogError* error) {
    JsonWriter writer;
    writer.begin_object();
    if (!caller.function.empty()) {
        writer.member("file", caller.file);
        writer.member("func", caller.function);
    }
    writer.member("level", level);
    writer.member("msg", message);
    writer.member("time", time);
    if (error != nullptr) write_error(writer, *error);
    writer.end_object();
    return without_controls(writer.take()) + '\n';
}

}  // namespace crux::oci
