#!/bin/bash
# Builds the guest kernel of an architecture from Debian's unpatched kernel source and prints the path of the Image.
#
#   guest/kernel/build.sh riscv64        (last line of stdout: .../gantry/kernel-riscv64-HASH/Image)
#
# The result is kept in the cache folder under the hash of everything that went in, so a second call is instant;
# beside the Image lie the final .config and build.log. eng/setup.sh installs what this needs.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
arch=${1:?usage: build.sh ARCH   (riscv64)}
source_package=linux-source-6.1
source_tarball=/usr/src/$source_package.tar.xz

fail() { echo "kernel: $*" >&2; exit 1; }

case $arch in
    riscv64) kernel_arch=riscv prefix=riscv64-linux-gnu- image=arch/riscv/boot/Image ;;
    *) fail "no kernel for architecture '$arch' (known: riscv64)" ;;
esac
fragment=$here/$arch.fragment
command -v "${prefix}gcc" >/dev/null || fail "${prefix}gcc is missing: run eng/setup.sh"
[ -r $source_tarball ] || fail "$source_tarball is missing: run eng/setup.sh"

# The package's version stands for its 138 MB of source.
inputs=$(
    dpkg-query -W -f '${Version}\n' $source_package
    "${prefix}gcc" --version | head -1
    "${prefix}ld" --version | head -1
    cat "$fragment" "$here/build.sh"
)
hash=$(sha256sum <<<"$inputs" | cut -c1-16)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/gantry
out=$cache/kernel-$arch-$hash
mkdir -p "$cache"

if [ ! -e "$out/Image" ]; then
    exec 9>"$cache/kernel-$arch.lock"
    flock 9                                  # a second caller waits for the first one's result
fi
if [ ! -e "$out/Image" ]; then
    work=$cache/kernel-$arch-$hash.building
    rm -rf "$work" && mkdir -p "$work"
    log=$work/build.log
    echo "kernel: building the $arch kernel (some minutes; log: $log)" >&2
    trap 'status=$?; [ $status = 0 ] || { tail -n 15 "$log" >&2; fail "build failed; whole log: $log"; }' EXIT

    # Same inputs, same bytes: no dates, names, host names or paths.
    export KBUILD_BUILD_TIMESTAMP='1970-01-01 00:00:00 UTC' KBUILD_BUILD_USER=gantry KBUILD_BUILD_HOST=gantry \
        KBUILD_BUILD_VERSION=1 LC_ALL=C TZ=UTC
    (
        # Kconfig reads every Kconfig file, but nobody compiles these drivers: half of the unpacked size.
        tar -C "$work" -xf $source_tarball \
            --exclude="$source_package/Documentation/*/*" --exclude="$source_package/tools/testing" \
            --exclude="$source_package/drivers/gpu/*.[ch]" --exclude="$source_package/drivers/media/*.[ch]" \
            --exclude="$source_package/drivers/net/ethernet/*.[ch]" --exclude="$source_package/drivers/net/wireless/*.[ch]" \
            --exclude="$source_package/drivers/scsi/*.[ch]" --exclude="$source_package/drivers/staging/*.[ch]" \
            --exclude="$source_package/sound/*.[ch]"
        cd "$work/$source_package"
        make ARCH=$kernel_arch CROSS_COMPILE=$prefix tinyconfig
        scripts/kconfig/merge_config.sh -m .config "$fragment"
        make ARCH=$kernel_arch CROSS_COMPILE=$prefix olddefconfig
        # An option that Kconfig turned down would be missed only at run time: stop here instead.
        missing=$(grep -E '^CONFIG_[A-Z0-9_]+=' "$fragment" | grep -vxFf .config || true)
        [ -z "$missing" ] || { echo "options without effect:"; echo "$missing"; exit 1; }
        time make -j2 ARCH=$kernel_arch CROSS_COMPILE=$prefix "$(basename $image)"
    ) >"$log" 2>&1
    cp "$work/$source_package/$image" "$work/Image"
    cp "$work/$source_package/.config" "$work/config"
    rm -rf "${work:?}/$source_package"
    rm -rf "$out"
    mv "$work" "$out"
    trap - EXIT
fi
echo "$out/Image"
