#!/usr/bin/env bash
# Puts VS Code for the Web (the browser half of code-server's npm package) and its modules into the cache. Prints the folder.
set -euo pipefail
cd "$(dirname "$0")"
version=4.139.1 digest=75b76d3870dbcb7a4c08627f586a03344ca017be182171020c7405bdb6f2fb33
target=${XDG_CACHE_HOME:-$HOME/.cache}/gantry/vscode-web-$version-$(sha256sum package-lock.json setup.sh | sha256sum | cut -c1-16)
if [ ! -f "$target/vscode/product.json" ]; then
  work=$target.$$
  trap 'rm -rf "$work"' EXIT
  mkdir -p "$work/vscode"
  cp package.json package-lock.json "$work"
  (cd "$work" && npm ci --ignore-scripts --no-audit --no-fund && npm pack --silent --ignore-scripts code-server@$version) >&2
  echo "$digest  $work/code-server-$version.tgz" | sha256sum -c - >&2
  tar xzf "$work/code-server-$version.tgz" -C "$work/vscode" --strip-components=3 --exclude='package/lib/vscode/extensions/copilot' \
    package/lib/vscode/out package/lib/vscode/extensions package/lib/vscode/product.json
  rm "$work/code-server-$version.tgz"
  rm -rf "$target" && mv "$work" "$target"
fi
echo "$target"
