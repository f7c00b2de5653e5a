#!/usr/bin/env python3
"""Copies kernel modules and their dependencies, uncompressed, and lists them in load order.

usage: pack-modules.py MODULES-FOLDER OUT-FOLDER NAME...
OUT-FOLDER/order names one file a line. It reads .modinfo itself: depmod needs an installed kernel.
Skips names that are built into the kernel or that it does not have.
"""

import lzma
import os
import re
import subprocess
import sys


def index_of(folder):
    found = {}
    for place, _, files in os.walk(folder):
        for file in files:
            name = re.match(r"(.+)\.ko(\.xz|\.zst)?$", file)
            if name:
                found[name[1].replace("-", "_")] = os.path.join(place, file)
    return found


def read(path):
    with open(path, "rb") as file:
        data = file.read()
    if path.endswith(".xz"):
        return lzma.decompress(data)
    if path.endswith(".zst"):
        return subprocess.run(["zstd", "-dcq"], input=data, stdout=subprocess.PIPE, check=True).stdout
    return data


def needed_before(module):
    """The names in "depends=" and in "softdep=pre: ..."."""
    depends = re.search(rb"\0depends=([^\0]*)\0", module)
    names = depends[1].decode().split(",") if depends and depends[1] else []
    for words in re.findall(rb"\0softdep=pre: ([^\0]*)\0", module):
        names += words.decode().split("post:")[0].split()
    return names


class Packer:
    def __init__(self, folder, out):
        self.index, self.out, self.seen, self.order = index_of(folder), out, set(), []

    def add(self, name):
        name = name.replace("-", "_")
        if name in self.seen:
            return
        self.seen.add(name)
        if name not in self.index:
            return
        module = read(self.index[name])
        for other in needed_before(module):
            self.add(other)
        with open(os.path.join(self.out, name + ".ko"), "wb") as file:
            file.write(module)
        self.order.append(name + ".ko")


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    os.makedirs(sys.argv[2], exist_ok=True)
    packer = Packer(sys.argv[1], sys.argv[2])
    for name in sys.argv[3:]:
        packer.add(name)
    with open(os.path.join(sys.argv[2], "order"), "w", encoding="ascii") as file:
        file.write("".join(name + "\n" for name in packer.order))


main()
