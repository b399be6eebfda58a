#!/usr/bin/env bash
# Measures what a run costs that has nothing to change, beside what one bare ssh per host costs.
#
#   [HOSTS=10] [ROUNDS=5] run.sh
#
# Each throwaway host gets project/: a user, a group, 4 directories, 10 templates of 40 lines, 3 units, a quadlet, 4 services
# and a port check. The quadlet's image is a stand-in's where no registry answers. Then in each round, one after the other so that all meet the same load of the machine:
#   bare ssh          `ssh HOST sh -s` for all hosts at once, with the very scripts that solti sends them
#   solti diff        with the same ssh options
#   solti apply -y    which finds nothing to do
# Prints the median of each, and how it compares to bare ssh. Needs `make build`.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=${here%/testbed/bench}
hosts=$top/testbed/hosts.sh
solti=$top/target/release/solti
count=${HOSTS:-10} rounds=${ROUNDS:-5}
prefix=bench-$$
work=$(mktemp -d "${TMPDIR:-/tmp}/solti-bench.XXXXXX")
LC_ALL=C

fail() {
  printf 'bench: %s\n' "$*" >&2
  exit 1
}

finish() {
  local status=$?
  trap '' INT TERM
  "$hosts" down "$prefix"
  rm -rf "$work"
  exit "$status"
}

# The scripts that solti sends to a host in a run without changes (facts, probe), as one: floor_script HOST
#
# THE ONE PLACE that knows how solti tells them.
floor_script() {
  # the function that the scripts answer with, as solti's shells have it
  printf '%s\n' 'S=floor; say() { printf "%s %s\n" "$S" "$*"; }'
  "$solti" programs inventory.yml "$1" 2>"$work/log"
}

bare_ssh() {
  local host process
  local -a processes=()
  for host in "${!addresses[@]}"; do
    ssh "${ssh_options[@]}" "root@${addresses[$host]}" sh -s <"$work/floor-$host" >/dev/null &
    processes+=($!)
  done
  for process in "${processes[@]}"; do wait "$process" || return; done
}

# Runs a command, and notes its name, wall seconds, and CPU seconds of it and its children: measure NAME COMMAND...
measure() {
  local name=$1 TIMEFORMAT='%R %U %S'
  shift
  { time "$@" >"$work/log" 2>&1; } 2>"$work/time" || {
    cat "$work/log" >&2
    fail "$name failed: its output is above"
  }
  awk -v name="$name" '{ printf "%s\t%s\t%.3f\n", name, $1, $2 + $3 }' "$work/time" >>"$work/times"
}

median() { # median NAME FIELD
  awk -F '\t' -v name="$1" -v field="$2" '$1 == name { print $field }' "$work/times" | sort -n |
    awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

[ -x "$solti" ] || fail "$solti is not built: make build"
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
export SOLTI_TEST_OWNER=$$

if timeout 15 podman manifest inspect docker.io/grafana/loki:3.7.6 >/dev/null 2>&1; then
  export SOLTI_TEST_STANDINS=no
else
  "$top/testbed/standins/build.sh"
fi
"$hosts" gc
printf 'Booting %s throwaway hosts ...\n' "$count"
mapfile -t specs < <(seq -f 'h%g=trixie' "$count")
cp -r "$here/project/." "$work/"
"$hosts" up "$prefix" "${specs[@]}" >"$work/inventory.yml"
cd "$work"

declare -A addresses=()
while read -r name address; do addresses[$name]=$address; done < <(sed -n 's/^ *\(h[0-9]*\): {ansible_host: \(.*\)}$/\1 \2/p' inventory.yml)
read -r -a ssh_options < <(sed -n 's/^ *ansible_ssh_common_args: //p' inventory.yml)
ssh_options+=(-o BatchMode=yes -i "$(sed -n 's/^ *ansible_ssh_private_key_file: //p' inventory.yml)")

printf 'Converging them ...\n'
"$solti" apply -y inventory.yml >"$work/log" 2>&1 || {
  cat "$work/log" >&2
  fail 'solti apply failed: its output is above'
}
"$solti" diff inventory.yml >"$work/log" 2>&1 || {
  cat "$work/log" >&2
  fail 'after solti apply, solti diff still sees changes: its output is above'
}

floor='the scripts that solti sends'
for host in "${!addresses[@]}"; do
  if ! floor_script "$host" >"$work/floor-$host"; then
    floor='a script that reads the same state, as solti did not tell its own'
    cp "$here/probe.sh" "$work/floor-$host"
  fi
done

printf 'Measuring %s rounds ...\n\n' "$rounds"
for _ in $(seq "$rounds"); do
  measure 'bare ssh' bare_ssh
  measure 'solti diff' "$solti" diff inventory.yml
  measure 'solti apply -y' "$solti" apply -y inventory.yml
done

base=$(median 'bare ssh' 2)
printf '%-16s %8s %8s %12s\n' '' 'wall s' 'CPU s' 'x bare ssh'
for name in 'bare ssh' 'solti diff' 'solti apply -y'; do
  wall=$(median "$name" 2)
  printf '%-16s %8.2f %8.2f %12.2f\n' "$name" "$wall" "$(median "$name" 3)" "$(awk -v a="$wall" -v b="$base" 'BEGIN { print a / b }')"
done
printf '\n%s hosts, medians of %s rounds; CPU is that of this machine'\''s side only.\nBare ssh ran %s.\n' "$count" "$rounds" "$floor"
