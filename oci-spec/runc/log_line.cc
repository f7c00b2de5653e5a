#include "oci-spec/runc/log_line.h"

#include "oci-spec/json_writer.h"

namespace crux::oci {

std::string log_line(std::string_view level, std::string_view message, std::string_view time,
                     const LogCaller& caller) {
    std::string place;
    if (!caller.function.empty())
        place = cat("\"file\":", json_string(caller.file),
                    ",\"func\":", json_string(caller.function), ",");
    return cat("{", place, "\"level\":", json_string(level), ",\"msg\":", json_string(message),
               ",\"time\":", json_string(time), "}\n");
}

}  // namespace crux::oci
