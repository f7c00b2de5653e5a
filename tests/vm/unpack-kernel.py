#!/usr/bin/env python3
"""Extracts the ELF or Image from a compressed kernel, so that the emulated processor does not have to.

usage: unpack-kernel.py COMPRESSED OUT
A file that is not compressed is copied.
"""

import lzma
import struct
import subprocess
import sys
import zlib


def payload(kernel):
    """The compressed part of an x86 bzImage (Documentation/arch/x86/boot.rst), else the whole."""
    if kernel[0x202:0x206] != b"HdrS":
        return kernel
    setup_sectors = kernel[0x1F1] or 4
    offset, length = struct.unpack_from("<II", kernel, 0x248)
    begin = (setup_sectors + 1) * 512 + offset
    return kernel[begin:begin + length]


def filtered(command, data):
    # The data after the compressed part makes the program fail, but its output is complete.
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout


def unpack(data):
    if data[:4] == b"\x02\x21\x4c\x18":
        return filtered(["lz4", "-dc"], data[:-4])
    if data[:4] == b"\x28\xb5\x2f\xfd":
        return filtered(["zstd", "-dcq"], data)
    if data[:6] == b"\xfd7zXZ\x00":
        return lzma.LZMADecompressor().decompress(data)
    if data[:2] == b"\x1f\x8b":
        return zlib.decompressobj(31).decompress(data)
    return data


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1], "rb") as file:
        kernel = file.read()
    image = unpack(payload(kernel))
    if kernel[0x202:0x206] == b"HdrS" and image[:4] != b"\x7fELF":
        sys.exit(f"{sys.argv[1]}: no ELF in it, the payload begins with {payload(kernel)[:8]!r}")
    with open(sys.argv[2], "wb") as file:
        file.write(image)


main()
