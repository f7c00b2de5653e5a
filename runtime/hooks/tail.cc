#include "runtime/hooks/tail.h"

#include "runtime/base/text.h"

namespace crux::hooks {

void Tail::add(std::string_view bytes) {
    bytes_ += bytes;
    if (bytes_.size() <= limit_) return;
    bytes_.erase(0, bytes_.size() - limit_);
    cut_ = true;
}

std::string Tail::text() const {
    return cut_ ? cat("[…]", bytes_) : bytes_;
}

}  // namespace crux::hooks
