#include <nlohmann/json.hpp>

// precompiled.h declares it.
template class nlohmann::basic_json<>;
