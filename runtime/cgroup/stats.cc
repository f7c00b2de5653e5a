#include "runtime/cgroup/group.h"
