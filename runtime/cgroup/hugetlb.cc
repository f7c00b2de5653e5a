#include "runtime/cgroup/settings.h"
