#!/usr/bin/env bash
# From a fresh Debian machine to a container in WebAssembly: installs what is missing, builds all, makes a small Debian image,
# converts it and runs a command in it. The module stays in artifacts/demo/debian.wasm.
set -euo pipefail
cd "$(dirname "$0")/.."
eng/setup.sh build
eng/build.sh
demo=$PWD/artifacts/demo
mkdir -p "$demo"
tarball=$(guest/rootfs/build.sh small riscv64 | tail -n 1)
rm -rf "$demo/image"
umoci init --layout "$demo/image"
umoci new --image "$demo/image:debian"
umoci raw add-layer --image "$demo/image:debian" "$tarball"
umoci config --image "$demo/image:debian" --os linux --architecture riscv64 --config.cmd /bin/bash
gantry() { dotnet artifacts/bin/Gantry.Cli/debug/gantry.dll "$@"; }
gantry convert "oci:$demo/image:debian" "$demo/debian.wasm"
echo "\$ gantry run artifacts/demo/debian.wasm -- sh -c 'uname -m; cat /etc/os-release'"
gantry run --no-stdin "$demo/debian.wasm" -- sh -c 'uname -m; cat /etc/os-release'
cat <<END

In a browser of this machine:
  npm --prefix web ci && npm --prefix web run build
  dotnet artifacts/bin/Gantry.Cli/debug/gantry.dll serve artifacts/demo/debian.wasm
END
