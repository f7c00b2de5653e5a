#include "oci-spec/log_line.h"

#include "oci-spec/json_writer.h"

namespace crux::oci {

std::string log_line(std::string_view level, std::string_view message, std::string_view time) {
    return cat("{\"level\":", json_string(level), ",\"msg\":", json_string(message),
               ",\"time\":", json_string(time), "}\n");
}

}  // namespace crux::oci
