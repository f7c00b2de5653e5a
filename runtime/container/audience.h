#pragma once

#include <string_view>

namespace crux::container {

/// Whoever wants to know what is going to happen.
class Audience {
 public:
    Audience() = default;
    virtual ~Audience() = default;
    Audience(const Audience&) = delete;
    Audience& operator=(const Audience&) = delete;

    /// Takes a sentence without a line end.
    virtual void tell(std::string_view sentence) = 0;
};

}  // namespace crux::container
