#include <sys/prctl.h>

#include "runtime/container/create.h"
#include "runtime/container/delete.h"
#include "runtime/container/prepare.h"
#include "runtime/container/start.h"
#include "runtime/sys/poll.h"

namespace crux::container {

Result<int> run(const Place& place, std::string_view id, const RunOptions& options,
                Warnings& warnings) {
    const CreatedProcess created =
        TRY(create_process(place, id, options, sys::FdRef::none(), warnings));
    const Loaded container = TRY(load(place, id));
    TRY(container.state.lock());
    TRY(start_loaded(container, warnings));
    if (options.detach) return 0;
    const auto ended = TRY(sys::reap(created.pidfd, sys::kForever).during("wait for the container"));
    if (!options.keep) TRY(destroy(container, warnings));
    return ended->code();
}

}  // namespace crux::container
