#!/usr/bin/env bash
# Measures what `solti diff` of a whole fleet costs, beside what one bare ssh per endpoint costs at the same concurrency.
#
#   [HOSTS=500] [FORKS=20] [ROUNDS=3] fleet.sh
#
# The fleet is one throwaway host with bench/project on it: its sshd answers on each of HOSTS loopback addresses, and
# everything here runs in that host's network, so nothing leaves it. solti may open no more than 256 files (`ulimit -n`).
# The same once more with 50 ms on the way there and back, by a relay that holds everything up for half of that in
# each direction; there the round trips of a single diff are counted, too: what the delay adds, in units of it.
# Prints medians, how they compare to bare ssh, and the most memory that solti itself had. Needs `make build`, and perl.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=${here%/testbed/bench}
hosts=$top/testbed/hosts.sh
solti=$top/target/release/solti
count=${HOSTS:-500} forks=${FORKS:-20} rounds=${ROUNDS:-3}
delay=0.050 files=256
prefix=fleet-$$
work=$(mktemp -d "${TMPDIR:-/tmp}/solti-fleet.XXXXXX")
relay=
LC_ALL=C

fail() {
  printf 'fleet: %s\n' "$*" >&2
  exit 1
}

finish() {
  local status=$?
  trap '' INT TERM
  if [ -n "$relay" ]; then kill "$relay" 2>/dev/null || true; fi
  "$hosts" down "$prefix"
  rm -rf "$work"
  exit "$status"
}

# Runs a command in the host's network.
inside() { "${sudo[@]}" nsenter --net="/proc/$pid/ns/net" -- "$@"; }

# Writes an inventory of so many endpoints at a port: inventory COUNT PORT
inventory() {
  local number
  printf 'all:\n  vars:\n    ansible_user: root\n    ansible_port: %s\n    ansible_ssh_private_key_file: %s\n' "$2" "$key"
  printf '    ansible_ssh_common_args: -o UserKnownHostsFile=%s -o IdentitiesOnly=yes -o ConnectTimeout=30\n  hosts:\n' "$work/known"
  for number in $(seq "$1"); do printf '    f%s: {ansible_host: 127.1.%s.%s}\n' "$number" $((number / 250)) $((number % 250 + 1)); done
}

bare_ssh() { # bare_ssh INVENTORY PORT
  # shellcheck disable=SC2016 # for the shell that xargs starts
  sed -n 's/.*ansible_host: \(.*\)}/\1/p' "$1" | xargs -P "$forks" -I{} sh -c \
    'exec ssh -o UserKnownHostsFile="$2" -o IdentitiesOnly=yes -o BatchMode=yes -i "$3" -p "$4" root@"$1" sh -s <"$5" >/dev/null' \
    - {} "$work/known" "$key" "$2" "$work/floor"
}

diff() { # diff INVENTORY: notes the most memory that the process had, which grows only
  local process peak=0 name value rest
  "$solti" diff -f "$forks" "$1" &
  process=$!
  # little at a time, for it counts as time of solti's
  while kill -0 "$process" 2>/dev/null; do
    while read -r name value rest; do
      if [ "$name" = VmHWM: ]; then peak=$value; fi
    done <"/proc/$process/status" || true
    sleep 0.25
  done 2>/dev/null
  echo "$peak" >>"$work/peaks"
  wait "$process"
}

# Notes how long a command takes, and the CPU seconds of it and its children: measure NAME COMMAND...
measure() {
  local name=$1 TIMEFORMAT='%R %U %S'
  shift
  { time "$@" >"$work/log" 2>&1; } 2>"$work/time" || {
    tail -n 20 "$work/log" >&2
    fail "$name failed: its output is above"
  }
  tail -n 1 "$work/time" | awk -v name="$name" '{ printf "%s\t%s\t%.2f\n", name, $1, $2 + $3 }' >>"$work/times"
}

median() { # median NAME FIELD
  awk -F '\t' -v name="$1" -v field="$2" '$1 == name { print $field }' "$work/times" | sort -n |
    awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

least() { # least NAME
  awk -F '\t' -v name="$1" '$1 == name { print $2 }' "$work/times" | sort -n | head -n 1
}

# Everything below runs in the host's network, started by the part above it.
if [ "${1:-}" = inside ]; then
  work=$2 key=$3
  cd "$work"
  ulimit -n "$files"
  inventory "$count" 22 >near.yml
  inventory "$count" 2222 >far.yml
  inventory 1 22 >one.yml
  inventory 1 2222 >one-far.yml
  for _ in $(seq "$rounds"); do
    measure 'bare ssh' bare_ssh near.yml 22
    measure 'solti diff' diff near.yml
    measure 'bare ssh, 50 ms' bare_ssh far.yml 2222
    measure 'solti diff, 50 ms' diff far.yml
  done
  # the quickest of several: whatever else the machine does only adds to it
  for _ in 1 2 3 4 5 6; do
    measure one "$solti" diff one.yml
    measure one-far "$solti" diff one-far.yml
  done
  printf '%-18s %8s %8s %12s\n' '' 'wall s' 'CPU s' 'x bare ssh'
  for name in 'bare ssh' 'solti diff' 'bare ssh, 50 ms' 'solti diff, 50 ms'; do
    case $name in *50*) base=$(median 'bare ssh, 50 ms' 2) ;; *) base=$(median 'bare ssh' 2) ;; esac
    wall=$(median "$name" 2)
    printf '%-18s %8.2f %8.2f %12.2f\n' "$name" "$wall" "$(median "$name" 3)" "$(awk -v a="$wall" -v b="$base" 'BEGIN { print a / b }')"
  done
  printf '\n%s endpoints, %s at once, medians of %s rounds, with at most %s open files; CPU is of this side only.\n' "$count" "$forks" "$rounds" "$files"
  printf 'The most memory that solti had: %s MB\n' "$(sort -n "$work/peaks" | awk 'END { printf "%.0f", $1 / 1024 }')"
  awk -v near="$(least one)" -v far="$(least one-far)" -v delay="$delay" \
    'BEGIN { printf "Round trips of a diff of one host, connecting included: %.1f\n", (far - near) / delay }'
  exit
fi

[ -x "$solti" ] || fail "$solti is not built: make build"
command -v perl >/dev/null || fail 'perl is missing: it holds up what is sent'
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
export SOLTI_TEST_OWNER=$$
sudo=()
if [ "$(id -u)" != 0 ]; then sudo=(sudo); fi
driver=${SOLTI_TEST_DRIVER:-$(command -v podman >/dev/null && echo podman || echo docker)}

"$hosts" gc
printf 'Booting the host ...\n'
cp -r "$here/project/." "$work/"
# all endpoints are one host, so nothing may be made of their names
sed -i -E 's/ansible_host|inventory_hostname/mon_value/g' "$work"/roles/mon/templates/*
"$hosts" up "$prefix" host=trixie >"$work/inventory.yml"
cd "$work"
address=$(sed -n 's/.*ansible_host: \(.*\)}/\1/p' inventory.yml)
key=$(sed -n 's/^ *ansible_ssh_private_key_file: //p' inventory.yml)
known=$(sed -n 's/.*UserKnownHostsFile=\([^ ]*\).*/\1/p' inventory.yml)
sed "s/^[^ ]*/127.1.*,[127.1.*]:2222/" "$known" >known
pid=$("${sudo[@]}" "$driver" inspect --format '{{.State.Pid}}' "$prefix-host")
ssh -i "$key" -o UserKnownHostsFile="$known" "root@$address" \
  'echo "MaxStartups 2000" >/etc/ssh/sshd_config.d/fleet.conf; systemctl reload ssh' >/dev/null

printf 'Converging it ...\n'
"$solti" apply -y inventory.yml >log 2>&1 || {
  cat log >&2
  fail 'solti apply failed: its output is above'
}
# the scripts that solti sends in a run without changes, with the function that they answer with
printf '%s\n' 'S=floor; say() { printf "%s %s\n" "$S" "$*"; }' >floor
"$solti" programs inventory.yml host >>floor 2>log || cp "$here/probe.sh" floor

inside perl "$here/relay.pl" 2222 22 "$delay" &
relay=$!
printf 'Measuring %s rounds ...\n\n' "$rounds"
inside env HOSTS="$count" FORKS="$forks" ROUNDS="$rounds" HOME="$HOME" bash "$here/fleet.sh" inside "$work" "$key"
