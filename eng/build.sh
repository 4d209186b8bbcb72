#!/usr/bin/env bash
# Builds all there is: guest kernel and init (cached outside the clone by their inputs' hash), then every project.
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
step() { # step TITLE COMMAND...: one line for a step that succeeds, its whole output for one that fails
  local title=$1 begin=$SECONDS log; shift
  log=$(mktemp)
  printf '%s ... ' "$title"
  if "$@" >"$log" 2>&1; then printf 'done in %d s\n' $((SECONDS - begin)); rm -f "$log"
  else printf 'failed\n'; cat "$log"; rm -f "$log"; return 1; fi
}
if [ -x guest/kernel/build.sh ]; then step "guest kernel (riscv64)" guest/kernel/build.sh riscv64; fi
if [ -x guest/init/build.sh ]; then step "guest init (riscv64)" guest/init/build.sh riscv64; fi
step "projects" dotnet build Gantry.slnx --nologo -v q
