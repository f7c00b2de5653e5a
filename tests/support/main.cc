#include <sys/prctl.h>

#if __has_include(<catch2/catch_session.hpp>)
#include <catch2/catch_session.hpp>
#else
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#endif

int main(int argc, char** argv) {
    // What a test leaves running becomes a child of the test, where HostSnapshot finds it.
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    return Catch::Session().run(argc, argv);
}
