#include "runtime/checkpoint/rpc.h"

#include "runtime/base/text.h"
#include "runtime/checkpoint/protobuf.h"

namespace crux::checkpoint {

namespace {

// The fields of the message of the same name in CRIU's images/rpc.proto.
namespace criu_opts {
constexpr unsigned images_dir_fd = 1;
constexpr unsigned pid = 2;
constexpr unsigned leave_running = 3;
constexpr unsigned ext_unix_sk = 4;
constexpr unsigned tcp_established = 5;
constexpr unsigned evasive_devices = 6;
constexpr unsigned shell_job = 7;
constexpr unsigned file_locks = 8;
constexpr unsigned log_level = 9;
constexpr unsigned log_file = 10;
constexpr unsigned ps = 11;
constexpr unsigned notify_scripts = 12;
constexpr unsigned root = 13;
constexpr unsigned parent_img = 14;
constexpr unsigned track_mem = 15;
constexpr unsigned auto_dedup = 16;
constexpr unsigned work_dir_fd = 17;
constexpr unsigned link_remap = 18;
constexpr unsigned ext_mnt = 23;
constexpr unsigned manage_cgroups = 24;
constexpr unsigned cg_root = 25;
constexpr unsigned rst_sibling = 26;
constexpr unsigned inherit_fd = 27;
constexpr unsigned manage_cgroups_mode = 34;
constexpr unsigned external = 37;
constexpr unsigned empty_ns = 38;
constexpr unsigned join_ns = 39;
constexpr unsigned freeze_cgroup = 44;
constexpr unsigned tcp_skip_in_flight = 46;
constexpr unsigned lazy_pages = 48;
constexpr unsigned orphan_pts_master = 50;
constexpr unsigned config_file = 51;
constexpr unsigned tcp_close = 52;
constexpr unsigned lsm_profile = 53;
constexpr unsigned lsm_mount_context = 63;
}  // namespace criu_opts

namespace criu_req {
constexpr unsigned type = 1;
constexpr unsigned opts = 2;
constexpr unsigned notify_success = 3;
constexpr unsigned features = 5;
}  // namespace criu_req

namespace criu_resp {
constexpr unsigned type = 1;
constexpr unsigned success = 2;
constexpr unsigned restore = 4;
constexpr unsigned notify = 5;
constexpr unsigned cr_errno = 7;
constexpr unsigned features = 8;
constexpr unsigned cr_errmsg = 9;
constexpr unsigned version = 10;
}  // namespace criu_resp

/// CRIU's log level: everything except debug messages.
constexpr int kLogLevel = 4;

/// Two strings, the content of many small messages.
MessageWriter pair_of(std::string_view first, std::string_view second) {
    MessageWriter writer;
    writer.text(1, first);
    writer.text(2, second);
    return writer;
}

void write_flags(MessageWriter& out, const RpcOptions& options) {
    out.flag(criu_opts::leave_running, options.leave_running);
    out.flag(criu_opts::ext_unix_sk, options.ext_unix_sk);
    out.flag(criu_opts::tcp_established, options.tcp_established);
    out.flag(criu_opts::tcp_skip_in_flight, options.tcp_skip_in_flight);
    out.flag(criu_opts::tcp_close, options.tcp_close);
    out.flag(criu_opts::evasive_devices, options.evasive_devices);
    out.flag(criu_opts::shell_job, options.shell_job);
    out.flag(criu_opts::file_locks, options.file_locks);
    out.flag(criu_opts::link_remap, options.link_remap);
    out.flag(criu_opts::auto_dedup, options.auto_dedup);
    out.flag(criu_opts::lazy_pages, options.lazy_pages);
    out.flag(criu_opts::track_mem, options.track_mem);
    out.flag(criu_opts::rst_sibling, options.rst_sibling);
    out.flag(criu_opts::notify_scripts, true);
    out.flag(criu_opts::orphan_pts_master, true);
    out.flag(criu_opts::manage_cgroups, true);
}

void write_texts(MessageWriter& out, const RpcOptions& options) {
    out.text_if_any(criu_opts::log_file, options.log_file);
    out.text_if_any(criu_opts::root, options.root);
    out.text_if_any(criu_opts::parent_img, options.parent_img);
    out.text_if_any(criu_opts::freeze_cgroup, options.freeze_cgroup);
    out.text_if_any(criu_opts::config_file, options.config_file);
    out.text_if_any(criu_opts::lsm_profile, options.lsm_profile);
    out.text_if_any(criu_opts::lsm_mount_context, options.lsm_mount_context);
}

void write_lists(MessageWriter& out, const RpcOptions& options) {
    for (const ExternalMount& mount : options.mounts)
        out.message(criu_opts::ext_mnt, pair_of(mount.key, mount.value));
    for (const std::string& external : options.external) out.text(criu_opts::external, external);
    for (const CgroupRoot& root : options.cgroup_roots)
        out.message(criu_opts::cg_root, pair_of(root.controller, root.path));
    for (const JoinedNamespace& joined : options.joined)
        out.message(criu_opts::join_ns, pair_of(joined.type, joined.path));
    for (const InheritedFd& inherited : options.inherited) {
        MessageWriter writer;
        writer.text(1, inherited.key);
        writer.integer(2, inherited.number);
        out.message(criu_opts::inherit_fd, writer);
    }
}

MessageWriter options_message(const RpcOptions& options) {
    MessageWriter out;
    out.integer(criu_opts::images_dir_fd, options.images_dir_fd);
    if (options.work_dir_fd >= 0) out.integer(criu_opts::work_dir_fd, options.work_dir_fd);
    if (options.pid != 0) out.integer(criu_opts::pid, options.pid);
    out.integer(criu_opts::log_level, kLogLevel);
    out.number(criu_opts::manage_cgroups_mode, static_cast<std::uint64_t>(options.cgroup_mode));
    out.number(criu_opts::empty_ns, options.empty_namespaces);
    write_flags(out, options);
    write_texts(out, options);
    write_lists(out, options);
    if (!options.page_server_address.empty()) {
        MessageWriter server;
        server.text(1, options.page_server_address);
        server.integer(2, options.page_server_port);
        out.message(criu_opts::ps, server);
    }
    return out;
}

MessageWriter of_type(Type type) {
    MessageWriter out;
    out.number(criu_req::type, static_cast<std::uint64_t>(type));
    return out;
}

// Each reads one message inside the response; false if its bytes are not a valid message.

bool read_notify(std::string_view bytes, Response& response) {
    MessageReader reader(bytes);
    while (const auto field = reader.next()) {
        if (field->number == 1) response.script = field->text;
        if (field->number == 2) response.pid = field->integer();
    }
    return !reader.broken();
}

bool read_restore(std::string_view bytes, Response& response) {
    MessageReader reader(bytes);
    while (const auto field = reader.next())
        if (field->number == 1) response.pid = field->integer();
    return !reader.broken();
}

bool read_features(std::string_view bytes, Features& features) {
    features = {};
    MessageReader reader(bytes);
    while (const auto field = reader.next()) {
        if (field->number == 1) features.mem_track = field->value != 0;
        if (field->number == 2) features.lazy_pages = field->value != 0;
    }
    return !reader.broken();
}

/// False also if a part is too large for a version.
bool read_version(std::string_view bytes, int& version) {
    constexpr int kMajor = 10'000;
    constexpr int kMinor = 100;
    constexpr int kMost = 10'000;  // of a part
    constexpr unsigned kGitField = 3;
    constexpr unsigned kSubField = 4;
    int major = 0;
    int minor = 0;
    int sublevel = 0;
    bool between_releases = false;
    MessageReader reader(bytes);
    while (const auto field = reader.next()) {
        if (field->number == 1) major = field->integer();
        if (field->number == 2) minor = field->integer();
        if (field->number == kGitField) between_releases = !field->text.empty();
        if (field->number == kSubField) sublevel = field->integer();
    }
    for (const int part : {major, minor, sublevel})
        if (part < 0 || part > kMost) return false;
    version = (major * kMajor) + (minor * kMinor) + sublevel;
    // A CRIU built from its repository counts as the next release.
    if (between_releases) version = version - (version % kMinor) + kMinor;
    return !reader.broken();
}

bool read_field(const Field& field, Response& response) {
    switch (field.number) {
        case criu_resp::type:
            response.type = static_cast<Type>(field.value);
            break;
        case criu_resp::success:
            response.success = field.value != 0;
            break;
        case criu_resp::restore:
            return read_restore(field.text, response);
        case criu_resp::notify:
            return read_notify(field.text, response);
        case criu_resp::cr_errno:
            response.error = field.integer();
            break;
        case criu_resp::features:
            return read_features(field.text, response.features);
        case criu_resp::cr_errmsg:
            response.message = field.text;
            break;
        case criu_resp::version:
            return read_version(field.text, response.version);
        default:
            break;
    }
    return true;
}

}  // namespace

std::string_view type_word(Type type) {
    switch (type) {
        case Type::dump:
            return "DUMP";
        case Type::restore:
            return "RESTORE";
        case Type::pre_dump:
            return "PRE_DUMP";
        case Type::notify:
            return "NOTIFY";
        case Type::feature_check:
            return "FEATURE_CHECK";
        case Type::version:
            return "VERSION";
    }
    return "EMPTY";
}

std::string request(Type type, const RpcOptions& options) {
    MessageWriter out = of_type(type);
    out.message(criu_req::opts, options_message(options));
    return out.bytes();
}

std::string notify_answer(bool success) {
    MessageWriter out = of_type(Type::notify);
    out.number(criu_req::notify_success, success ? 1 : 0);
    return out.bytes();
}

std::string version_request() {
    return of_type(Type::version).bytes();
}

std::string feature_request(const Features& wanted) {
    MessageWriter features;
    features.flag(1, wanted.mem_track);
    features.flag(2, wanted.lazy_pages);
    MessageWriter out = of_type(Type::feature_check);
    out.message(criu_req::features, features);
    return out.bytes();
}

Result<Response> parse_response(std::string_view bytes) {
    Response response;
    MessageReader reader(bytes);
    bool is_whole = !bytes.empty();
    while (const auto field = reader.next()) is_whole = read_field(*field, response) && is_whole;
    if (reader.broken() || !is_whole)
        return fail(Error::Kind::protocol, "invalid response of criu");
    return response;
}

}  // namespace crux::checkpoint
