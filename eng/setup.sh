#!/bin/bash
# Sets up a Debian 12 machine for Gantry. Quiet, repeatable, under a second when everything is there.
#
#   eng/setup.sh build    what building, converting and running need
#   eng/setup.sh          that, and what the tests need
#
# Installs Debian packages (as root, or with sudo) and checks for the .NET SDK and Node, which Debian 12 does not have.
set -euo pipefail
what=${1:-all}
case $what in build | all) ;; *) echo "usage: setup.sh [build|all]" >&2; exit 2 ;; esac

fail() { echo "setup: $*" >&2; exit 1; }

# package                     why
build_packages='
ca-certificates               TLS to registries and package feeds
git                           the source tree, versions
gcc                           host tools of the kernel build (kconfig)
libc6-dev                     the same
make                          kernel build
flex                          kernel build: kconfig
bison                         kernel build: kconfig
bc                            kernel build: timeconst
xz-utils                      kernel build: unpacking the source
linux-source-6.1              source of the guest kernel
gcc-riscv64-linux-gnu         cross compiler for the guest kernel and init
libc6-dev-riscv64-cross       kernel headers for guest/init
cpio                          the initramfs
umoci                         packs the images of demo and tests
mmdebstrap                    Debian root file systems (guest/rootfs)
arch-test                     mmdebstrap needs it for foreign architectures
qemu-user-static              runs set-up scripts of packages in foreign root file systems; oracle for instructions
'
test_packages='
device-tree-compiler          dtc reads the device tree of the machine
qemu-system-misc              qemu-system-riscv64: oracle for kernel, init and devices
erofs-utils                   mkfs.erofs, fsck.erofs: oracle for the EROFS writer
skopeo                        oracle for image transports
docker-registry               serves them with and without authentication
apache2-utils                 htpasswd for that
zstd                          compresses test archives
chromium                      the browser the web parts are tested in
firefox-esr                   the same
'
packages=$build_packages
[ "$what" = build ] || packages+=$test_packages

missing=()
while read -r package _; do
    [ -n "$package" ] || continue
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing+=("$package")
done <<<"$packages"

if [ ${#missing[@]} -gt 0 ]; then
    command -v apt-get >/dev/null || fail "no apt-get here: this script knows Debian 12. Install the like of: ${missing[*]}"
    root=()
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || fail "run this as root once; packages to install: ${missing[*]}"
        root=(sudo)
    fi
    log=$(mktemp /tmp/gantry-setup.XXXXXX.log)
    echo "setup: installing ${missing[*]} (log: $log)" >&2
    {
        "${root[@]}" apt-get -q update &&
        "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qy install --no-install-recommends "${missing[@]}"
    } >"$log" 2>&1 || { tail -n 15 "$log" >&2; fail "apt-get failed; whole log: $log"; }
    rm -f "$log"
fi

sdks=$(dotnet --list-sdks 2>/dev/null || true)
grep -q '^10\.' <<<"$sdks" || fail "the .NET SDK 10 is missing. Get it from https://dotnet.microsoft.com/download/dotnet/10.0" \
    "(or: dotnet-install.sh --channel 10.0) and put 'dotnet' on the PATH. Found: ${sdks:-no dotnet}"
if [ "$what" = all ]; then
    node=$(node --version 2>/dev/null || true)
    major=${node#v}
    [ "${major%%.*}" -ge 20 ] 2>/dev/null || fail "Node 20 or newer is missing (found: ${node:-none}). Get it from" \
        "https://nodejs.org/en/download and put 'node' on the PATH; eng/setup.sh build does without."
fi
