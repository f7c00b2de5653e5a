#include <sys/prctl.h>

#include <csignal>

#if __has_include(<catch2/catch_session.hpp>)
#include <catch2/catch_session.hpp>
#else
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#endif

int main(int argc, char** argv) {
    // Processes that a test leaves behind become its children, where HostSnapshot finds them.
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    // A shell that starts the tests in the background sets SIGINT to ignored, and children inherit
    // that.
    for (int number = 1; number < NSIG; ++number) std::signal(number, SIG_DFL);
    return Catch::Session().run(argc, argv);
}
