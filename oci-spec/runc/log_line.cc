#include "oci-spec/runc/log_line.h"

#include "oci-spec/json_writer.h"

namespace crux::oci {

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
    return writer.take() + '\n';
}

}  // namespace crux::oci
