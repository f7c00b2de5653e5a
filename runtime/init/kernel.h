#pragma once

#include <cstdint>

/// The kernel's constants and structures that init uses, under our names. The C library's headers
/// conflict with the kernel's here, and Debian 12's kernel headers do not have the newer ones.
namespace crux::init {

// openat2(2), Linux 5.6
struct OpenHow {
    std::uint64_t flags;
    std::uint64_t mode;
    std::uint64_t resolve;
};
constexpr std::uint64_t kResolveNoMagicLinks = 0x02;
constexpr std::uint64_t kResolveNoSymlinks = 0x04;
constexpr std::uint64_t kResolveBeneath = 0x08;
constexpr std::uint64_t kResolveInRoot = 0x10;

// open(2)
constexpr int kReadOnly = 0;
constexpr int kWriteOnly = 1;
constexpr int kReadWrite = 2;
constexpr int kCreate = 0100;
constexpr int kExclusive = 0200;
constexpr int kNoControllingTerminal = 0400;
constexpr int kNonBlock = 04000;
constexpr int kCloseOnExec = 02000000;
constexpr int kOpenPath = 010000000;
#if defined(__aarch64__)
constexpr int kDirectory = 040000;
constexpr int kNoFollow = 0100000;
#else
constexpr int kDirectory = 0200000;
constexpr int kNoFollow = 0400000;
#endif
constexpr int kDescriptorFlags = 1;      // fcntl(2): F_GETFD
constexpr int kDuplicate = 1030;         // fcntl(2): F_DUPFD_CLOEXEC
constexpr int kCurrentDirectory = -100;  // AT_FDCWD
constexpr int kEmptyPath = 0x1000;       // AT_EMPTY_PATH
constexpr int kSymlinkNoFollow = 0x100;  // AT_SYMLINK_NOFOLLOW
constexpr int kAtRecursive = 0x8000;     // AT_RECURSIVE
constexpr int kNoAutomount = 0x800;      // AT_NO_AUTOMOUNT
constexpr int kDoNotSync = 0x4000;       // AT_STATX_DONT_SYNC

// stat(2): only the type and the device number are read, by statx, which has the same layout on
// every architecture
constexpr std::uint32_t kTypeMask = 0170000;
constexpr std::uint32_t kTypeFifo = 0010000;
constexpr std::uint32_t kTypeCharacter = 0020000;
constexpr std::uint32_t kTypeDirectory = 0040000;
constexpr std::uint32_t kTypeRegular = 0100000;
constexpr std::uint32_t kTypeLink = 0120000;
constexpr unsigned kStatxInode = 0x100;
constexpr unsigned kStatxMountId = 0x1000;  // reported whether or not it is requested
struct Statx {
    std::uint32_t mask;
    std::uint32_t blksize;
    std::uint64_t attributes;
    std::uint32_t nlink;
    std::uint32_t uid;
    std::uint32_t gid;
    std::uint16_t mode;
    std::uint16_t spare0;
    std::uint64_t inode;
    std::uint64_t size;
    std::uint64_t blocks;
    std::uint64_t attributes_mask;
    std::uint64_t times[8];
    std::uint32_t rdev_major;
    std::uint32_t rdev_minor;
    std::uint32_t dev_major;
    std::uint32_t dev_minor;
    std::uint64_t mount_id;  ///< Linux 5.8
    std::uint64_t spare[13];
};
static_assert(sizeof(Statx) == 256);

// The mount API, Linux 5.2; mount_setattr, Linux 5.12
constexpr unsigned kOpenTreeClone = 1;
constexpr unsigned kOpenTreeCloseOnExec = kCloseOnExec;
constexpr unsigned kFsopenCloseOnExec = 1;
constexpr unsigned kFsmountCloseOnExec = 1;
constexpr unsigned kFsconfigFlag = 0;
constexpr unsigned kFsconfigString = 1;
constexpr unsigned kFsconfigCreate = 6;
constexpr unsigned kFsconfigReconfigure = 7;
constexpr unsigned kFspickCloseOnExec = 1;
constexpr unsigned kFspickEmptyPath = 8;
constexpr unsigned kMoveMountFromEmptyPath = 0x04;
constexpr unsigned kMoveMountToEmptyPath = 0x40;
constexpr std::uint64_t kAttributeReadOnly = 0x01;
constexpr std::uint64_t kAttributeNoSuid = 0x02;
constexpr std::uint64_t kAttributeNoDev = 0x04;
constexpr std::uint64_t kAttributeNoExec = 0x08;
constexpr std::uint64_t kAttributeAtime = 0x70;
constexpr std::uint64_t kAttributeNoAtime = 0x10;
constexpr std::uint64_t kAttributeStrictAtime = 0x20;
constexpr std::uint64_t kAttributeNoDirAtime = 0x80;
constexpr std::uint64_t kAttributeNoSymlinkFollow = 0x00200000;
constexpr std::uint64_t kAttributeIdmap = 0x00100000;
// The mount flags of fstatfs(2): the first four have the same bits as the mount attributes.
constexpr std::uint64_t kAttributesOfStatfs =
    kAttributeReadOnly | kAttributeNoSuid | kAttributeNoDev | kAttributeNoExec;
constexpr std::uint64_t kStatNoAccessTime = 0x0400;
constexpr std::uint64_t kStatNoDirectoryTime = 0x0800;
constexpr std::uint64_t kStatRelativeTime = 0x1000;
constexpr std::uint64_t kStatNoSymlinkFollow = 0x2000;
struct MountAttr {
    std::uint64_t set;
    std::uint64_t clear;
    std::uint64_t propagation;
    std::uint64_t namespace_descriptor;
};

// mount(2)
constexpr unsigned long kMountReadOnly = 1;
constexpr unsigned long kMountRemount = 32;
constexpr unsigned long kMountNoSymlinkFollow = 256;
constexpr unsigned long kMountNoAtime = 1024;
constexpr unsigned long kMountNoDirAtime = 2048;
constexpr unsigned long kMountBind = 4096;
constexpr unsigned long kMountMove = 8192;
constexpr unsigned long kMountRecursive = 16384;
constexpr unsigned long kMountUnbindable = 1UL << 17U;
constexpr unsigned long kMountPrivate = 1UL << 18U;
constexpr unsigned long kMountSlave = 1UL << 19U;
constexpr unsigned long kMountShared = 1UL << 20U;
constexpr unsigned long kMountRelAtime = 1UL << 21U;
constexpr unsigned long kMountStrictAtime = 1UL << 24U;
constexpr int kUnmountDetach = 2;

// poll(2)
struct PollEntry {
    int descriptor;
    std::int16_t events;
    std::int16_t happened;
};
constexpr std::int16_t kReadable = 1;
constexpr std::int16_t kWritable = 4;

// prctl(2)
constexpr int kPrctlKeepCaps = 8;
constexpr int kPrctlGetDumpable = 3;
constexpr int kPrctlDumpable = 4;
constexpr int kPrctlGetSecureBits = 27;
constexpr int kPrctlReadBounding = 23;
constexpr int kPrctlDropBounding = 24;
constexpr int kPrctlNoNewPrivileges = 38;
constexpr int kPrctlGetNoNewPrivileges = 39;
constexpr int kPrctlAmbient = 47;
constexpr int kPrctlAmbientIsSet = 1;
constexpr int kPrctlAmbientRaise = 2;
constexpr int kPrctlAmbientClear = 4;
constexpr int kPrctlSchedCore = 62;
constexpr int kPrctlSchedCoreCreate = 1;

// errno(3)
constexpr int kNotPermitted = 1;
constexpr int kNoEntry = 2;
constexpr int kInterrupted = 4;
constexpr int kNoDeviceOrAddress = 6;
constexpr int kArgumentsTooLong = 7;
constexpr int kExecFormat = 8;
constexpr int kBadDescriptor = 9;
constexpr int kTryAgain = 11;
constexpr int kAccess = 13;
constexpr int kExists = 17;
constexpr int kOtherDevice = 18;
constexpr int kNotDirectory = 20;
constexpr int kIsDirectory = 21;
constexpr int kNoDevice = 19;
constexpr int kInvalid = 22;
constexpr int kReadOnlyFileSystem = 30;
constexpr int kNameTooLong = 36;
constexpr int kNoSystemCall = 38;
constexpr int kTooManyLinks = 40;
constexpr int kProtocol = 71;
constexpr int kBadLibrary = 80;  // ELIBBAD
constexpr int kTimedOut = 110;
constexpr int kStale = 116;

}  // namespace crux::init
