#pragma once

#include "runtime/init/raw.h"

/// The value of an Outcome, or return the failure from the enclosing function. One to a line.
#define TRY(...)                                                   \
    __extension__({                                                \
        const ::crux::init::Outcome crux_outcome_ = (__VA_ARGS__); \
        if (crux_outcome_.failed()) return crux_outcome_;          \
        crux_outcome_.value();                                     \
    })
