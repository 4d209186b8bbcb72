#!/bin/bash
# Builds the guest's first process and the initramfs that holds it, and prints the initramfs's path.
#
#   guest/init/build.sh riscv64       (last line of stdout: .../gantry/init-riscv64-HASH/initramfs.cpio)
#
# Kept in the cache folder under the hash of everything that went in, so a second call is instant.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
arch=${1:?usage: build.sh ARCH   (riscv64)}

fail() { echo "init: $*" >&2; exit 1; }

case $arch in
    riscv64) prefix=riscv64-linux-gnu- ;;
    *) fail "no init for architecture '$arch' (known: riscv64)" ;;
esac
command -v "${prefix}gcc" >/dev/null || fail "${prefix}gcc is missing: run eng/setup.sh"

hash=$(cd "$here" && { "${prefix}gcc" --version | head -1; cat build.sh ./*.h ./*.c; } | sha256sum | cut -c1-16)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/gantry
out=$cache/init-$arch-$hash
if [ ! -e "$out/initramfs.cpio" ]; then
    mkdir -p "$cache"
    work=$(mktemp -d "$out.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    mkdir "$work/root"
    # No C library: a few kilobytes to load and keep in every snapshot. Threads, errno and locales are not missed.
    (cd "$here" && "${prefix}gcc" -std=gnu17 -Os -Wall -Wextra -Werror -ffreestanding -fno-builtin -fno-pie \
        -fno-stack-protector -fno-asynchronous-unwind-tables -fno-tree-loop-distribute-patterns -fomit-frame-pointer \
        -ffunction-sections -fdata-sections \
        -nostdlib -static -no-pie -Wl,--gc-sections -Wl,--build-id=none -Wl,-z,norelro -Wl,-z,noseparate-code -s \
        -o "$work/root/init" ./*.c)
    # The kernel's built-in initramfs has /dev/console and /root already. Same bytes for the same input.
    (cd "$work/root" && chmod 755 init && touch -d @0 init && echo init | cpio --quiet --reproducible -o -H newc -R 0:0 >"$work/initramfs.cpio")
    cp "$work/root/init" "$work/init"
    rm -rf "$work/root"
    chmod 755 "$work"
    # Another builder may have been first; its result is the same.
    mv -T "$work" "$out" 2>/dev/null || [ -e "$out/initramfs.cpio" ]
fi
echo "$out/initramfs.cpio"
