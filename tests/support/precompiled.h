#pragma once

// What most tests include, compiled once.

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"

// json.cc has its functions: without this line each test makes its own.
extern template class nlohmann::basic_json<>;
