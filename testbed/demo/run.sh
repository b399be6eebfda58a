#!/usr/bin/env bash
# Shows solti on two hosts that are booted for it and removed at the end, with the playbook and the example inventory
# that come with it: what would change, the change, that a second run has nothing left to do, an edit by hand that is
# found and put right, and a metric and a line of one host that Grafana on the other one gives back.
# Whatever is shown is also checked: the demonstration fails where a claim does not hold.
#
# KEEP=1 leaves the hosts running, and says how to log in and how to remove them. Needs `make build`.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=${here%/testbed/demo}
hosts=$top/testbed/hosts.sh
solti=$top/target/release/solti
prefix=demo-$$
project=

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'; else bold='' dim='' plain=''; fi

heading() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
fail() {
  printf '\n%sThe demonstration failed:%s %s\n' "$bold" "$plain" "$*" >&2
  exit 1
}

# Runs a command line as a user would type it, and fails unless it ends with this exit code: typed CODE LINE
typed() {
  local expected=$1 line=$2 status=0
  printf '%s$ %s%s\n' "$dim" "$line" "$plain"
  # A shell of its own, as the line is text; its commands are those of this script's PATH.
  bash -c "$line" || status=$?
  [ "$status" = "$expected" ] || fail "\`$line\` ended with exit code $status; $expected was expected"
}

finish() {
  local status=$?
  trap '' INT TERM
  if [ -n "${KEEP:-}" ] && [ -n "$project" ]; then
    heading 'The hosts stay'
    printf '%s\n' "  ssh -F $project/ssh_config mon" "  $solti diff $project/inventory.yml" \
      "removed with: $hosts down $prefix; rm -r $project"
  else
    "$hosts" down "$prefix"
    if [ -n "$project" ]; then rm -rf "$project"; fi
  fi
  exit "$status"
}

# What a run that changes nothing must leave as it is: files, and when services were started.
fingerprint() {
  local host
  for host in mon app; do
    ssh -F ssh_config "$host" 'systemctl show -p Id,ExecMainStartTimestampMonotonic influxdb loki telegraf alloy grafana
      find /etc /usr/lib/systemd/system /var/lib/solti -xdev -type f -printf "%p %T@ %C@ %m %U\n" 2>/dev/null | sort' </dev/null
  done
}

[ -x "$solti" ] || fail "$solti is not built: make build"
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
if [ -n "${KEEP:-}" ]; then export SOLTI_TEST_OWNER=keep; else export SOLTI_TEST_OWNER=$$; fi

# All services are containers. Where no registry can be asked for them, programs of this project stand in for them.
if timeout 15 podman manifest inspect docker.io/grafana/loki:latest >/dev/null 2>&1; then
  images='InfluxDB, Loki, Telegraf, Alloy and Grafana are the real ones, pulled from their registry.'
  export SOLTI_TEST_STANDINS=no
else
  images='No registry answers here: stand-ins play InfluxDB, Loki, Telegraf, Alloy and Grafana (testbed/standins).'
  "$top/testbed/standins/build.sh"
fi

"$hosts" gc
printf '%s\n' "$images"
printf 'Booting two throwaway hosts, mon and app ...\n'
inventory=$("$hosts" up "$prefix" mon=trixie app=trixie)

project=$(mktemp -d "${TMPDIR:-/tmp}/solti-demo.XXXXXX")
example=$top/inventories/example
cp -r "$top/playbooks" "$example/group_vars" "$project/"
{ printf '%s\n' "$inventory" && sed -n '/^  # What hosts are for/,$p' "$example/inventory.yml"; } >"$project/inventory.yml"
# For typing `ssh mon`; solti reads the same from the inventory.
given() { sed -n "s/^ *$1:* //p" <<<"$inventory"; }
known_hosts=$(sed -n 's/.*UserKnownHostsFile=\([^ ]*\).*/\1/p' <<<"$inventory")
for name in mon app; do
  address=$(sed -n "s/^ *$name: {ansible_host: \(.*\)}$/\1/p" <<<"$inventory")
  printf 'Host %s\n  HostName %s\n  User root\n  IdentityFile %s\n  IdentitiesOnly yes\n  UserKnownHostsFile %s\n' \
    "$name" "$address" "$(given ansible_ssh_private_key_file)" "$known_hosts"
  if [ "$name" = mon ]; then mon=$address; fi
done >"$project/ssh_config"
cd "$project"
PATH=$top/target/release:$PATH

heading 'The inventory and the play'
typed 0 'cat inventory.yml playbooks/site.yml'

heading 'What would change'
typed 2 'solti diff inventory.yml'

heading 'Change it'
typed 0 'solti apply -y inventory.yml'

heading 'A second time: nothing is left to do'
before=$(fingerprint)
typed 0 'solti apply -y inventory.yml'
[ "$(fingerprint)" = "$before" ] || fail 'the second run changed something'
typed 0 'solti diff inventory.yml'

heading 'Somebody edits a file by hand'
typed 0 "ssh -F ssh_config app 'echo \"# tried something, will clean up later\" >> /etc/telegraf/telegraf.conf'"
typed 2 'solti diff inventory.yml'

heading 'Put it right'
typed 0 'solti apply -y inventory.yml'
typed 0 'solti diff inventory.yml'

# What Grafana on mon gets from a data source of its own: grafana SOURCE QUERY
grafana() {
  # The password goes to curl on its standard input, so that no process list shows it.
  ssh -F ssh_config mon 'cat /etc/solti/secrets/grafana_admin_password' </dev/null | sed 's/.*/user = "admin:&"/' |
    curl -fsS -K - -H 'Content-Type: application/json' "http://$mon:3000/api/ds/query" -d "{\"from\": \"now-1h\", \"to\": \"now\",
      \"queries\": [{\"refId\": \"A\", \"intervalMs\": 60000, \"maxDataPoints\": 100, \"datasource\": {\"uid\": \"$1\"}, $2}]}"
}

# Asks again until the answer has this in it: found WHAT TEXT SOURCE QUERY
found() {
  local what=$1 text=$2 answer=
  shift 2
  for _ in $(seq 60); do # points and lines are sent in batches
    answer=$(grafana "$@" 2>/dev/null || true)
    if [[ $answer = *"$text"* ]]; then
      printf '%s\n' "${answer##*\"data\":}"
      return
    fi
    sleep 1
  done
  fail "Grafana on mon does not give back $what; the last answer: $answer"
}

heading "A metric of app, asked of Grafana on mon, which asks InfluxDB"
flux='from(bucket: \"telegraf\") |> range(start: -5m) |> filter(fn: (r) => r.host == \"app\" and r._measurement == \"mem\" and r._field == \"used_percent\") |> last()'
printf '%s%s%s\n' "$dim" "${flux//\\/}" "$plain"
found 'a metric of app' used_percent influxdb-mon "\"query\": \"$flux\""

heading "A line of app's journal, asked of Grafana on mon, which asks Loki"
line="the demonstration was here at $(date +%s)"
typed 0 "ssh -F ssh_config app 'logger -t demo \"$line\"'"
logql='{hostname=\"app\", site=\"home\"} |= \"'$line'\"'
printf '%s%s%s\n' "$dim" "${logql//\\/}" "$plain"
found "app's line" "$line" loki-mon "\"expr\": \"$logql\", \"queryType\": \"range\""

heading 'How new is what arrives?'
typed 0 'solti verify inventory.yml'

heading 'All of it was as it should be.'
printf '%s\n' "$images"
