#include "runtime/cgroup/places.h"
