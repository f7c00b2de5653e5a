#include "runtime/cgroup/freezer.h"
