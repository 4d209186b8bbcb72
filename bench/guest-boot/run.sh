#!/bin/bash
# Guest instructions from reset to READY, and per second while idling there, by RAM size. Needs eng/setup.sh's packages.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
kernel=$("$root/guest/kernel/build.sh" riscv64)
initramfs=$("$root/guest/init/build.sh" riscv64)
tarball=$("$root/guest/rootfs/build.sh" small)
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$work"' EXIT
gcc -O2 -Wall -Wextra -shared -fPIC -o "$work/count.so" "$here/count.c"
mkdir "$work/root"
tar -C "$work/root" --exclude='./dev/*' -xf "$tarball"
mkfs.erofs --quiet "$work/root.erofs" "$work/root"

count() { # count MEGABYTES SECONDS: what the plugin prints when qemu is ended that long after READY
    rm -f "$work/control"
    qemu-system-riscv64 -plugin "$work/count.so" -M virt -m "$1" -nodefaults -no-reboot -display none \
        -global virtio-mmio.force-legacy=false -kernel "$kernel" -initrd "$initramfs" -append 'quiet console=ttyS0' \
        -serial null -drive "file=$work/root.erofs,format=raw,if=none,id=root,readonly=on" \
        -device virtio-blk-device,drive=root -device virtio-rng-device -device virtio-serial-device \
        -chardev null,id=tty -device virtconsole,chardev=tty,nr=0 \
        -chardev "file,id=control,path=$work/control" -device virtserialport,chardev=control,name=gantry.control \
        2>"$work/counted" &
    local qemu=$!
    for ((i = 0; i < 600; i++)); do
        [ ! -s "$work/control" ] || break
        sleep 0.1
    done
    [ -s "$work/control" ] || { echo "no READY within a minute" >&2; exit 1; }
    sleep "$2"
    kill $qemu
    wait $qemu || true
    tail -n 1 "$work/counted"
}

for megabytes in 128 256 512; do
    printf '%4d MB   %s\n' $megabytes "$(count $megabytes 0)"
done
printf ' 128 MB   %s (10 s of idling more)\n' "$(count 128 10)"
