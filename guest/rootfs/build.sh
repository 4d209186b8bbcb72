#!/bin/bash
# Makes a Debian root file system from a recipe in this folder with mmdebstrap and prints the path of the tarball.
#
#   guest/rootfs/build.sh NAME [ARCH]     NAME: small, dev; ARCH: riscv64 (default)
#   (last line of stdout: .../gantry/rootfs-NAME-ARCH-HASH/rootfs.tar)
#
# Kept in the cache folder under the hash of recipe and script, so a second call is instant. The packages come from the
# mirror in this machine's own apt sources. Needs root; eng/setup.sh installs the tools.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
name=${1:?usage: build.sh NAME [ARCH]   (names: $(cd "$here" && echo *.recipe | sed 's/\.recipe//g'))}
arch=${2:-riscv64}
recipe=$here/$name.recipe

fail() { echo "rootfs: $*" >&2; exit 1; }

[ -r "$recipe" ] || fail "no recipe '$name' in $here"
hash=$(cat "$recipe" "$here/build.sh" | sha256sum | cut -c1-16)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/gantry
out=$cache/rootfs-$name-$arch-$hash
mkdir -p "$cache"

# The maintainer scripts are programs of the target: the kernel must hand them to qemu-user. Packages register that with
# systemd, which containers and CI machines do not run, so do it here when it is not there yet.
ensure_binfmt() {
    local handler=qemu-$arch registry=/proc/sys/fs/binfmt_misc
    [ "$arch" != "$(dpkg --print-architecture)" ] || return 0
    [ -e $registry/register ] || mount -t binfmt_misc binfmt_misc $registry 2>/dev/null || true
    if [ ! -e $registry/$handler ] && [ -r /usr/lib/binfmt.d/$handler.conf ]; then
        (grep -m1 "^:$handler:" /usr/lib/binfmt.d/$handler.conf | tr -d '\n' >$registry/register) 2>/dev/null || true
    fi
    grep -qs '^enabled' $registry/$handler || fail "this kernel does not run $arch programs. Install qemu-user-static" \
        "(eng/setup.sh) and run this as root where binfmt_misc can be mounted: in a container use --privileged, or register" \
        "$handler on the host: docker run --privileged --rm tonistiigi/binfmt --install $arch"
}

if [ ! -e "$out/rootfs.tar" ]; then
    exec 9>"$cache/rootfs-$name-$arch.lock"
    flock 9                                  # a second caller waits for the first one's result
fi
if [ ! -e "$out/rootfs.tar" ]; then
    [ "$(id -u)" = 0 ] || fail "making a root file system needs root: run it with sudo -E"
    command -v mmdebstrap >/dev/null || fail "mmdebstrap is missing: run eng/setup.sh"
    ensure_binfmt
    suite='' variant='' packages='' excludes=''
    # shellcheck source=small.recipe
    . "$recipe"
    mirror=$(apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Created-By: Packages' | sed -n 's/^Debian //p' | head -1)
    [ -n "$mirror" ] || fail "no Debian archive in this machine's apt sources (or run apt-get update first)"

    work=$out.building
    rm -rf "$work" && mkdir -p "$work"
    log=$work/build.log
    echo "rootfs: making '$name' for $arch ($suite; log: $log)" >&2
    options=()
    set -f                                   # the patterns are dpkg's
    for pattern in $excludes; do options+=("--dpkgopt=path-exclude=$pattern"); done
    set +f
    # Valid-Until: mirrors' snapshots of testing and unstable may be older than a week.
    mmdebstrap --quiet \
        --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='APT::Install-Recommends "false"' \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/info/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
        --dpkgopt='path-exclude=/usr/share/lintian/*' --dpkgopt='path-exclude=/usr/share/bug/*' \
        --customize-hook='rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/* "$1"/var/log/* "$1"/etc/apt/sources.list' \
        --customize-hook='echo gantry > "$1/etc/hostname"; : > "$1/etc/resolv.conf"' \
        "${options[@]}" --architectures="$arch" --variant="$variant" ${packages:+--include="$packages"} \
        "$suite" "$work/rootfs.tar" "$mirror" >"$log" 2>&1 \
        || { tail -n 15 "$log" >&2; fail "mmdebstrap failed; whole log: $log"; }
    rm -rf "$out"
    mv "$work" "$out"
fi
echo "$out/rootfs.tar"
