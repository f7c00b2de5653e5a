#include "cmd/crux/commands.h"
#include "cmd/crux/program.h"

int main(int count, char** words) {
    return crux::cmd::run_program(crux::cmd::all_commands(),
                                  {words, static_cast<std::size_t>(count)});
}
