#!/usr/bin/env bash
# Measures what it takes to load and resolve a large inventory.
#
#   [HOSTS=1000] [ROUNDS=5] large.sh
#
# Groups of ten hosts have 100 variables, and each host 10 of its own; half of them are templates that need others. A play writes
# all of them into one file per host. The last host asks for a variable that nobody has, so that solti ends when everything is
# rendered, before it would connect to anybody. Prints the median. Needs `make build`.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
solti=$here/../../target/release/solti
hosts=${HOSTS:-1000} rounds=${ROUNDS:-5}

project=$(mktemp -d); trap 'rm -rf "$project"' EXIT
awk -v hosts="$hosts" 'BEGIN {
  print "all:\n  children:"
  for (g = 0; g < hosts / 10; g++) {
    printf "    group%d:\n      vars:\n", g
    for (v = 0; v < 100; v += 2) {
      printf "        shared%02d: \"value %d of %d\"\n", v, v, g
      printf "        shared%02d: \"{{ shared%02d }} on {{ inventory_hostname }}\"\n", v + 1, v
    }
    print "      hosts:"
    for (h = 0; h < 10; h++) {
      printf "        host%05d:\n", g * 10 + h
      for (v = 0; v < 10; v += 2) {
        printf "          own%d: %d\n          own%d: \"{{ own%d }} of {{ shared%02d }}\"\n", v, g * v + h, v + 1, v, v + 1
      }
    }
  }
}' >"$project/inventory.yml"
awk -v last="$(printf 'host%05d' $((hosts - 1)))" 'BEGIN {
  print "- name: all variables"
  print "  hosts: all"
  print "  resources:\n    - file:\n        path: /srv/variables\n        content: |"
  for (v = 0; v < 10; v++) printf "          {{ own%d }}\n", v
  for (v = 0; v < 100; v++) printf "          {{ shared%02d }}\n", v
  printf "          {{ nobody_has_it if inventory_hostname == \"%s\" else \"\" }}\n", last
}' >"$project/site.yml"

TIMEFORMAT=%R
times=()
for _ in $(seq "$rounds"); do
  status=0
  took=$({ time "$solti" diff -p "$project/site.yml" "$project/inventory.yml" >"$project/out" 2>&1 || status=$?; } 2>&1)
  grep -q nobody_has_it "$project/out" || { cat "$project/out" >&2; exit 1; }
  times+=("$took")
done
mapfile -t times < <(printf '%s\n' "${times[@]}" | sort -n)
echo "$hosts hosts, $((hosts * 20)) variables loaded and resolved in ${times[$((rounds / 2))]} s (median of $rounds; ${times[0]} to ${times[-1]} s)"
