#pragma once

#include "runtime/init/raw.h"

/// The value of an Outcome; returns the failure from the enclosing function. One per line.
#define TRY(...)                                                   \
    __extension__({                                                \
        const ::crux::init::Outcome crux_outcome_ = (__VA_ARGS__); \
        if (crux_outcome_.failed()) return crux_outcome_;          \
        crux_outcome_.value();                                     \
    })
