"""The seccomp filter of a process, as the kernel has it (ptrace(2)), and how long it takes."""

import contextlib
import ctypes
import os
import struct

PTRACE_DETACH = 17
PTRACE_SEIZE = 0x4206
PTRACE_INTERRUPT = 0x4207
PTRACE_SECCOMP_GET_FILTER = 0x420c
PTRACE_SECCOMP_GET_METADATA = 0x420d
WALL = 0x40000000
AUDIT_ARCH_X86_64 = 0xc000003e
FLAG_LOG = 2


def ptrace(request, pid, address=None, data=None):
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = (ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p)
    libc.ptrace.restype = ctypes.c_long
    result = libc.ptrace(request, pid, address, data)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


@contextlib.contextmanager
def stopped(pid):
    ptrace(PTRACE_SEIZE, pid)
    try:
        ptrace(PTRACE_INTERRUPT, pid)
        os.waitpid(pid, WALL)
        yield
    finally:
        ptrace(PTRACE_DETACH, pid)


def loaded_filter(pid):
    """The instructions (code, jump where true, jump where false, operand) of the process's filter; needs root."""
    with stopped(pid):
        text = ctypes.create_string_buffer(8 * ptrace(PTRACE_SECCOMP_GET_FILTER, pid))
        ptrace(PTRACE_SECCOMP_GET_FILTER, pid, None, text)
    return list(struct.iter_unpack("=HBBI", text.raw))


def loaded_flags(pid):
    """The flags that the kernel reports: FLAG_LOG or 0."""
    metadata = ctypes.create_string_buffer(16)
    with stopped(pid):
        ptrace(PTRACE_SECCOMP_GET_METADATA, pid, 16, metadata)
    return struct.unpack("=QQ", metadata.raw)[1]


JUMPS = {
    0x15: lambda value, operand: value == operand,
    0x25: lambda value, operand: value > operand,
    0x35: lambda value, operand: value >= operand,
    0x45: lambda value, operand: value & operand != 0,
}


def steps(program, number):
    """The number of instructions that the program executes for an x86_64 system call with arguments of 0."""
    words = {0: number, 4: AUDIT_ARCH_X86_64}  # struct seccomp_data
    value = at = taken = 0
    while True:
        code, jump_true, jump_false, operand = program[at]
        taken, at = taken + 1, at + 1
        if code == 0x06:  # return a constant
            return taken
        if code == 0x20:  # load a word of the data
            value = words.get(operand, 0)
        elif code == 0x54:  # and a constant
            value &= operand
        elif code == 0x05:  # jump always
            at += operand
        elif code in JUMPS:
            at += jump_true if JUMPS[code](value, operand) else jump_false
        else:
            raise ValueError(f"instruction {code:#x}")
