#include "cmd/demonstration/demo.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

int main(int argc, char** argv) {
    namespace demonstration = crux::demonstration;
    // The demonstration reads the output while the program runs.
    setvbuf(stdout, nullptr, _IOLBF, 0);
    if (argc == 2 && std::strcmp(argv[1], "escape") == 0) return demonstration::escape();
    if (argc == 4 && std::strcmp(argv[1], "watch-memory") == 0)
        return demonstration::watch_memory(argv[2],
                                           static_cast<int>(std::strtol(argv[3], nullptr, 10)));
    std::fputs("usage: crux-demo escape | watch-memory CGROUP SECONDS\n", stderr);
    return 2;
}
