#include <sys/prctl.h>

#include <csignal>

#if __has_include(<catch2/catch_session.hpp>)
#include <catch2/catch_session.hpp>
#else
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#endif

int main(int argc, char** argv) {
    // What a test leaves running becomes a child of the test, where HostSnapshot finds it.
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    // A shell that started the tests in the background left SIGINT ignored, and children inherit
    // it.
    for (int number = 1; number < NSIG; ++number) std::signal(number, SIG_DFL);
    return Catch::Session().run(argc, argv);
}
