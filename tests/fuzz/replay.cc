// Runs a fuzzer's function without libFuzzer, as a test: for each file of the named directories,
// and for the files of the first one also with parts left out and bytes changed, in the same way
// each time. A failure ends the program; the last line before it names the input.

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/fuzz/fuzz.h"

namespace {

constexpr std::size_t kVariants = 64;

void run(const std::string& name, const std::string& input) {
    std::fprintf(stderr, "%s\n", name.c_str());
    // A copy of exactly this size, so that a byte too many is seen.
    const std::vector<std::uint8_t> bytes(input.begin(), input.end());
    (void)LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

/// The numbers of Knuth's linear congruential generator: the same on each run.
class Numbers {
 public:
    std::size_t below(std::size_t limit) {
        state_ = state_ * 6364136223846793005U + 1442695040888963407U;
        return (state_ >> 33U) % limit;
    }

 private:
    std::uint64_t state_ = 1;
};

/// The beginning, one without a piece, one with a byte changed, or one with a piece twice.
std::string variant_of(std::string input, Numbers& numbers) {
    const std::size_t at = numbers.below(input.size());
    const std::size_t length = 1 + numbers.below(input.size() - at);
    switch (numbers.below(4)) {
        case 0:
            return input.substr(0, at);
        case 1:
            return input.erase(at, length);
        case 2:
            input[at] = static_cast<char>(numbers.below(256));
            return input;
        default:
            return input.insert(at, input.substr(at, length));
    }
}

std::string content_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

int main(int count, char** words) {
    std::size_t inputs = 0;
    std::size_t variants = 0;
    for (int i = 1; i < count; ++i) {
        std::error_code missing;
        for (const auto& entry : std::filesystem::directory_iterator(words[i], missing)) {
            const std::string name = entry.path();
            const std::string input = content_of(name);
            run(name, input);
            ++inputs;
            if (i > 1 || input.empty()) continue;
            Numbers numbers;
            for (std::size_t number = 0; number < kVariants; ++number, ++variants)
                run(name + " (variant " + std::to_string(number) + ")", variant_of(input, numbers));
        }
        if (missing && i == 1) {
            std::fprintf(stderr, "%s: %s\n", words[i], missing.message().c_str());
            return 1;
        }
    }
    std::printf("%zu inputs, %zu variants\n", inputs, variants);
    return inputs == 0 ? 1 : 0;
}
