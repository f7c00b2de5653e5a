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

}  // namespace

std::string log_line(std::string_view level, std::string_view message, std::string_view time,
                     const LogCaller& caller) {
    JsonWriter writer;
    writer.begin_object();
    if (!caller.function.empty()) {
        writer.member("file", caller.file);
        writer.member("func", caller.function);
    }
    writer.member("level", level);
    writer.member("msg", message);
    writer.member("time", time);
    writer.end_object();
    return without_controls(writer.take()) + '\n';
}

}  // namespace crux::oci
