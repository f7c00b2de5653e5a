#include "runtime/cgroup/devices.h"
