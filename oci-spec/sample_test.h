#pragma once

#include <string>
#include <vector>

#include "oci-spec/diagnostics.h"

namespace crux::oci::test {

/// The diagnostics as texts, each with its severity in front.
inline std::vector<std::string> texts(const Diagnostics& diagnostics) {
    std::vector<std::string> out;
    for (const Diagnostic& one : diagnostics.all())
        out.push_back((one.severity == Severity::error ? "error: " : "warning: ") + describe(one));
    return out;
}

/// A valid configuration with every property of the Linux part, which tests break in one place.
inline constexpr const char* kFullConfig = R"json({
  "ociVersion": "1.3.0",
  "root": {"path": "rootfs", "readonly": true},
  "mounts": [
    {"destination": "/proc", "type": "proc", "source": "proc"},
    {"destination": "/data", "type": "none", "source": "/srv/data",
     "options": ["rbind", "ro", "nosuid", "rnoexec", "idmap", "rslave"],
     "uidMappings": [{"containerID": 0, "hostID": 5000, "size": 100}],
     "gidMappings": [{"containerID": 0, "hostID": 6000, "size": 100}]},
    {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs",
     "options": ["noatime", "mode=1777", "tmpcopyup", "size=64k"]}
  ],
  "process": {
    "terminal": true,
    "consoleSize": {"height": 25, "width": 80},
    "cwd": "/work",
    "env": ["PATH=/bin", "TERM=xterm"],
    "args": ["sh", "-c", "true"],
    "rlimits": [{"type": "RLIMIT_NOFILE", "soft": 512, "hard": 1024},
                {"type": "RLIMIT_CORE", "soft": 0, "hard": 18446744073709551615}],
    "apparmorProfile": "acme",
    "capabilities": {
      "effective": ["CAP_KILL"],
      "bounding": ["CAP_KILL", "CAP_CHOWN"],
      "inheritable": ["CAP_KILL"],
      "permitted": ["CAP_KILL"],
      "ambient": ["CAP_KILL"]
    },
    "noNewPrivileges": true,
    "oomScoreAdj": 100,
    "scheduler": {"policy": "SCHED_FIFO", "nice": 0, "priority": 10,
                  "flags": ["SCHED_FLAG_RESET_ON_FORK", "SCHED_FLAG_DL_OVERRUN"]},
    "selinuxLabel": "a:b:c:s0",
    "ioPriority": {"class": "IOPRIO_CLASS_BE", "priority": 4},
    "execCPUAffinity": {"initial": "7", "final": "0-3,7"},
    "user": {"uid": 1, "gid": 2, "umask": 63, "additionalGids": [5, 6]}
  },
  "hostname": "web",
  "domainname": "example.org",
  "linux": {
    "namespaces": [{"type": "pid"}, {"type": "network", "path": "/run/netns/a"}, {"type": "ipc"},
                   {"type": "uts"}, {"type": "mount"}, {"type": "user"}, {"type": "cgroup"},
                   {"type": "time"}],
    "uidMappings": [{"containerID": 0, "hostID": 1000, "size": 1},
                    {"containerID": 1, "hostID": 100000, "size": 65536}],
    "gidMappings": [{"containerID": 0, "hostID": 1000, "size": 65536}],
    "timeOffsets": {"boottime": {"secs": -5, "nanosecs": 7}, "monotonic": {"secs": 9}},
    "devices": [{"type": "c", "path": "/dev/fuse", "major": 10, "minor": 229, "fileMode": 438,
                 "uid": 3, "gid": 4},
                {"type": "p", "path": "/run/pipe"}],
    "netDevices": {"eth1": {"name": "inner0"}, "eth2": {}},
    "cgroupsPath": "/pods/web",
    "resources": {
      "devices": [{"allow": false, "access": "rwm"},
                  {"allow": true, "type": "c", "major": 10, "minor": -1, "access": "rw"}],
      "memory": {"limit": 1048576, "reservation": 524288, "swap": 2097152, "swappiness": 0,
                 "disableOOMKiller": false, "useHierarchy": true, "checkBeforeUpdate": true},
      "cpu": {"shares": 1024, "quota": 100000, "burst": 1000, "period": 50000,
              "realtimeRuntime": 950, "realtimePeriod": 1000, "cpus": "0-1", "mems": "0",
              "idle": 0},
      "blockIO": {"weight": 10, "leafWeight": 20,
                  "weightDevice": [{"major": 8, "minor": 0, "weight": 500, "leafWeight": 300}],
                  "throttleReadBpsDevice": [{"major": 8, "minor": 0, "rate": 600}],
                  "throttleWriteBpsDevice": [{"major": 8, "minor": 1, "rate": 601}],
                  "throttleReadIOPSDevice": [{"major": 8, "minor": 2, "rate": 602}],
                  "throttleWriteIOPSDevice": [{"major": 8, "minor": 3, "rate": 603}]},
      "hugepageLimits": [{"pageSize": "2MB", "limit": 209715200}, {"pageSize": "1GB", "limit": 0}],
      "network": {"classID": 1048577, "priorities": [{"name": "eth0", "priority": 500}]},
      "pids": {"limit": 0},
      "rdma": {"mlx5_1": {"hcaHandles": 3, "hcaObjects": 10000}, "rxe3": {"hcaObjects": 1}},
      "unified": {"memory.high": "1000", "io.max": "8:0 rbps=1\n8:1 rbps=2"}
    },
    "intelRdt": {"closID": "gold", "schemata": ["L3:0=f"], "l3CacheSchema": "L3:0=ff",
                 "memBwSchema": "MB:0=20", "enableMonitoring": true},
    "memoryPolicy": {"mode": "MPOL_INTERLEAVE", "nodes": "0-1", "flags": ["MPOL_F_STATIC_NODES"]},
    "sysctl": {"net.ipv4.ip_forward": "1", "kernel.msgmax": "8192", "net/ipv4/conf/a.b/rp_filter": "1",
               "user.max_user_namespaces": "1", "kernel.domainname": "x"},
    "seccomp": {
      "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38,
      "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X32"],
      "flags": ["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"],
      "listenerPath": "/run/agent.sock", "listenerMetadata": "m",
      "syscalls": [
        {"names": ["read", "write"], "action": "SCMP_ACT_ALLOW"},
        {"names": ["mount"], "action": "SCMP_ACT_NOTIFY"},
        {"names": ["clone"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1,
         "args": [{"index": 0, "value": 2114060288, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]}
      ]
    },
    "rootfsPropagation": "rslave",
    "maskedPaths": ["/proc/kcore"],
    "readonlyPaths": ["/proc/sys"],
    "mountLabel": "a:b:c",
    "personality": {"domain": "LINUX32"}
  },
  "hooks": {
    "prestart": [{"path": "/bin/pre"}],
    "createRuntime": [{"path": "/bin/hook", "args": ["hook", "x"], "env": ["A=b"], "timeout": 5}],
    "createContainer": [{"path": "/bin/cc"}],
    "startContainer": [{"path": "/bin/sc", "env": []}],
    "poststart": [{"path": "/bin/ps"}],
    "poststop": [{"path": "/bin/stop"}, {"path": "/bin/stop2"}]
  },
  "annotations": {"com.example.key": "value", "com.example.empty": ""}
})json";

}  // namespace crux::oci::test
