#include "runtime/checkpoint/lazy_pages.h"

#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "runtime/sys/file.h"
#include "tests/support/catch.h"

namespace crux::checkpoint {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a lazy restore waits for the socket of criu lazy-pages, with a timeout") {
    std::string name = "/tmp/crux-test-lazy-XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    const auto folder = sys::openat(sys::FdRef::cwd(), name, O_PATH | O_DIRECTORY);
    REQUIRE(folder);
    const auto seconds = [&](int timeout_ms) {
        const auto begin = std::chrono::steady_clock::now();
        CHECK(await_lazy_pages(*folder, timeout_ms));
        return std::chrono::steady_clock::now() - begin;
    };
    CHECK(seconds(40) >= 30ms);
    std::thread server([&] {
        std::this_thread::sleep_for(40ms);
        const std::ofstream another(name + "/another");
        std::this_thread::sleep_for(40ms);
        const std::ofstream socket(name + "/lazy-pages.socket");
    });
    CHECK(seconds(60'000) < 30s);
    CHECK(std::filesystem::exists(name + "/lazy-pages.socket"));
    server.join();
    CHECK(seconds(60'000) < 30s);
    std::filesystem::remove_all(name);
}

}  // namespace
}  // namespace crux::checkpoint
