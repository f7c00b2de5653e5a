#include "oci-spec/state.h"

#include "oci-spec/config.h"
#include "oci-spec/json_writer.h"

namespace crux::oci {

namespace {

void write_state(JsonWriter& writer, const State& state) {
    writer.begin_object();
    writer.member("ociVersion", state.oci_version);
    writer.member("id", state.id);
    writer.member("pid", state.pid);
    writer.member("status", name_of(kStatuses, state.status));
    writer.member("bundle", state.bundle);
    writer.member("rootfs", state.rootfs);
    writer.member("created", state.created);
    if (!state.annotations.empty()) writer.member("annotations", state.annotations);
    writer.member("owner", state.owner);
    writer.end_object();
}

void begin_spec_state(JsonWriter& writer, const State& state) {
    writer.begin_object();
    writer.member("ociVersion", state.oci_version);
    writer.member("id", state.id);
    writer.member("status", name_of(kStatuses, state.status));
}

void end_spec_state(JsonWriter& writer, const State& state) {
    writer.member("bundle", state.bundle);
    if (!state.annotations.empty()) writer.member("annotations", state.annotations);
    writer.end_object();
}

void write_spec_state(JsonWriter& writer, const State& state) {
    begin_spec_state(writer, state);
    if (state.pid != 0) writer.member("pid", state.pid);
    end_spec_state(writer, state);
}

}  // namespace

std::string state_json(const State& state) {
    JsonWriter writer("  ");
    write_state(writer, state);
    return writer.take();
}

std::string list_json(const std::vector<State>& states) {
    JsonWriter writer;
    if (states.empty()) {
        writer.null();
    } else {
        writer.begin_array();
        for (const State& state : states) write_state(writer, state);
        writer.end_array();
    }
    return writer.take() + '\n';
}

std::string hook_state_json(const State& state) {
    JsonWriter writer;
    write_spec_state(writer, state);
    return writer.take();
}

StateAroundPid hook_state_around_pid(const State& state) {
    JsonWriter writer;
    begin_spec_state(writer, state);
    writer.key("pid");
    std::string before = writer.take();
    writer.literal({});  // the process that knows the pid writes it here
    end_spec_state(writer, state);
    return {std::move(before), writer.take()};
}

std::string seccomp_state_json(const State& state, int pid, std::string_view metadata) {
    JsonWriter writer;
    writer.begin_object();
    writer.member("ociVersion", kSpecVersion);
    writer.member("fds", std::vector<std::string>{"seccompFd"});
    writer.member("pid", pid);
    if (!metadata.empty()) writer.member("metadata", metadata);
    writer.key("state");
    write_spec_state(writer, state);
    writer.end_object();
    return writer.take();
}

}  // namespace crux::oci
