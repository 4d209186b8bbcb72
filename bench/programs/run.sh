#!/bin/bash
# Whole programs in a Debian riscv64: natively here, in `gantry boot` (Wasmtime) with translation and without, and in QEMU (TCG); seconds. As root, after eng/setup.sh and eng/build.sh.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=$PWD/bench/programs
kernel=$(guest/kernel/build.sh riscv64 | tail -n 1)
init=$(guest/init/build.sh riscv64 | tail -n 1)
tarball=$(guest/rootfs/build.sh dev | tail -n 1)
image=$(mktemp -d)
trap 'rm -rf "$image"' EXIT
mkdir "$image/root"
tar -C "$image/root" --exclude='./dev/*' -xf "$tarball"
mkfs.erofs --quiet "$image/rootfs.erofs" "$image/root"
rm -r "$image/root"
boot() {
  dotnet artifacts/bin/Gantry.Cli/debug/gantry.dll boot --kernel "$kernel" --initrd "$init" --rootfs "$image/rootfs.erofs" --memory 512M \
    --wasm artifacts/engine/engine.wasm -v "$here:/bench" "$@" -- sh /bench/programs.sh
}
echo native; sh "$here/programs.sh"
echo gantry; boot
echo "gantry --interpret"; boot --interpret
echo qemu-system-riscv64
qemu-system-riscv64 -M virt -accel tcg -smp 1 -m 512 -display none -monitor none -no-reboot -nodefaults -serial stdio -kernel "$kernel" \
  -drive "file=$image/rootfs.erofs,format=raw,readonly=on,if=none,id=root" -device virtio-blk-device,drive=root \
  -fsdev "local,id=bench,path=$here,security_model=none,readonly=on" -device virtio-9p-device,fsdev=bench,mount_tag=bench \
  -append 'quiet console=ttyS0 root=/dev/vda rootfstype=erofs ro init=/bin/sh -- -c "PATH=/usr/sbin:/usr/bin:/sbin:/bin; export PATH; mount -t proc proc /proc; mount -t tmpfs tmp /tmp; mount -t devtmpfs dev /dev; mount -t 9p -o trans=virtio,version=9p2000.L bench /mnt; sh /mnt/programs.sh; echo o > /proc/sysrq-trigger; sleep 5"' |
  grep -aE '^(gcc|python3|sh) '
