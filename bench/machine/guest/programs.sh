#!/bin/bash
# Makes `programs.cpio`: the benchmark program as /init, and gcc, python3 and dash of a Debian riscv64 beside it; and the same for this machine, of the same Debian, in the folder `native`.
# Prints the folder they are in. As root, after eng/setup.sh: the first time on a machine it makes those Debians (guest/rootfs/build.sh dev).
set -euo pipefail
cd "$(dirname "$0")"
programs=$(./build.sh)
own=$(dpkg --print-architecture)
root=$(../../../guest/rootfs/build.sh dev | tail -n 1)
native=$(../../../guest/rootfs/build.sh dev "$own" | tail -n 1)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/gantry
out=$cache/bench-programs-$(cat "$programs/riscv64" "$programs/native" programs.sh <(echo "$root" "$native") | sha256sum | head -c 16)

# What runs: TARBALL's programs and what they load, and the benchmark program INIT, in FOLDER.
unpack() {
    local tarball=$1 init=$2 folder=$3
    local libraries='ld-linux-.*|lib(c|m|dl|z|zstd|gmp|mpfr|mpc|isl|expat)'
    tar -tf "$tarball" | grep -E "^\./usr/(bin/(dash|([^/]+-linux-gnu-)?gcc(-[0-9]+)?|python3(\.[0-9]+)?)|lib/python3\.[0-9]+/.*|libexec/gcc/[^/]+/[0-9]+/cc1|lib(64)?/(ld-linux[^/]*|[^/]+/($libraries)\.so[.0-9]*))\$" |
        grep -vE '/python3\.[0-9]+/(test|idlelib|tkinter|ensurepip|pydoc_data|turtledemo)/' > "$work/list"
    mkdir "$folder"
    tar -C "$folder" --no-recursion -T "$work/list" -xf "$tarball"
    for link in bin lib lib64; do
        if [ -d "$folder/usr/$link" ]; then ln -s "usr/$link" "$folder/$link"; fi
    done
    # An empty folder, or cc1 complains that there is nowhere to look for what it includes by itself.
    mkdir -p "$folder/tmp" "$folder/usr/include"
    cp "$init" "$folder/init"
    cp "$work/input.c" "$folder/input.c"
}

if [ ! -f "$out/programs.cpio" ]; then
    mkdir -p "$out"
    work=$(mktemp -d "$out/making.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    awk 'BEGIN {
      print "typedef unsigned long uint64_t;"
      for (i = 0; i < 100; i++) {
        printf "uint64_t f%d(uint64_t x, const uint64_t *p)\n{\n", i
        printf "    uint64_t sum = x * %du;\n", i * 7919 + 1
        printf "    for (uint64_t j = 0; j < (x & %d); j++) {\n", i % 31 + 1
        printf "        sum += p[j] ^ (sum >> %d);\n", i % 13 + 1
        printf "        if (sum %% %d == 0)\n            sum = sum / 3 + p[j + 1];\n    }\n", i % 17 + 2
        if (i > 0) printf "    return f%d(sum, p + 1) + %d;\n}\n", int(i / 2), i
        else print "    return sum;\n}\n"
      }
    }' > "$work/input.c"
    unpack "$root" "$programs/riscv64" "$work/root"
    unpack "$native" "$programs/native" "$work/native"
    mkdir "$work/native/dev"
    mknod -m 666 "$work/native/dev/null" c 1 3
    rm -rf "$out/native"
    mv "$work/native" "$out/native"
    (cd "$work/root" && find . | LC_ALL=C sort | cpio --quiet -o -H newc --reproducible -R 0:0) > "$work/cpio"
    mv "$work/cpio" "$out/programs.cpio"
fi
echo "$out"
