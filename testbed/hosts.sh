#!/usr/bin/env bash
# Starts and stops throwaway hosts: containers that boot as real hosts do, made from the images of images/host.sh.
#
#   hosts.sh up PREFIX NAME=SUITE...   start them all at once; prints an inventory when each answers on SSH. In place of a
#                                      suite, image:NAME is an image that podman has or can pull, with systemd and sshd
#   hosts.sh inventory PREFIX          print that inventory again
#   hosts.sh start PREFIX NAME         start one again that was stopped or killed: its address changes, its key does not
#   hosts.sh down PREFIX               remove them
#   hosts.sh gc                        remove the hosts whose owner is gone without having done so, what podman has lost of
#                                      them, and the images that images/ has built and nobody has used for 14 days
#
# PREFIX tells the hosts of one caller from those of all others; their containers are named PREFIX-NAME.
# Logging in: root, ops, opspw and plain (see images/host.sh), with the key in the inventory. Each set of hosts has
# keys of its own, and the hosts' keys are known before they boot, so host key checking is on from the first contact.
#
# SOLTI_TEST_DRIVER  podman or docker; unless that is said, podman if this machine has it, else docker
# SOLTI_TEST_STATE   folder for keys, known_hosts and inventories (~/.cache/solti/hosts)
# SOLTI_TEST_OWNER   process that the hosts belong to: the one that calls this script, unless told otherwise;
#                    "keep" for hosts that stay until somebody removes them
# SOLTI_TEST_STANDINS  "no" for hosts that know nothing of the stand-ins; else, if standins/build.sh has built them,
#                    they are at /srv/standins, and pulling docker.io/grafana/loki, alloy or influxdb gets theirs
# SOLTI_TEST_MOUNTS  folders and files that hosts see read-only, one HERE:THERE a line
# Needs what setup.sh installs, and root or sudo. `solti test` has this script and images/ in it, and calls them.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
state=${SOLTI_TEST_STATE:-${XDG_CACHE_HOME:-$HOME/.cache}/solti/hosts}
standins=$here/../target/standins
# What the hardware addresses of the hosts of $state begin with: one of the blocks that are nobody's.
address_start=02:$(sha256sum <<<"$state" | sed -E 's/^(..)(..).*/\1:\2/')
boot_within=60 # seconds; it takes one or two, more on a machine that is busy compiling

usage() {
  sed -n '2,/^set -euo/{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}" >&2
  exit 2
}
fail() {
  printf 'hosts.sh: %s\n' "$*" >&2
  exit 1
}

# What `run` needs for a host that boots, and on this machine beyond the usual, in the array `run_options`.
machine_options() {
  local -a limits
  run_options=(--privileged --cgroupns private)
  if [ "$driver" = docker ]; then
    # What podman does for systemd by itself.
    run_options+=(--env container=docker --stop-signal SIGRTMIN+3)
    run_options+=(--tmpfs '/run:exec,mode=755' --tmpfs /run/lock --tmpfs /tmp:exec)
    return
  fi
  run_options+=(--systemd=always)
  # crun refuses to start a container with a cgroup view of its own where cgroup v1 is mounted.
  if [ "$(stat -fc %T /sys/fs/cgroup)" != cgroup2fs ]; then run_options+=(--runtime runc); fi
  machine_limits
  run_options+=("${limits[@]}")
}

# When a process started, in clock ticks since the machine did: with its id, that names it for good.
started() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  # shellcheck disable=SC2086 # split into the fields after the command's name, which may hold spaces
  set -- ${stat##*) }
  # One that has ended and that nobody has asked how is gone, too.
  case $1 in Z | X) return 1 ;; esac
  echo "${20}"
}

# Ends what the runtime has begun of containers, given by id, that podman has removed: one that is killed while it starts a
# container knows nothing of its processes, which wait for ever to be started.
end_forgotten() {
  local id file container runtime
  for id; do
    while read -r file; do
      read -r container runtime < <(tr '\0' ' ' <"$file" | sed -nE 's/.*conmon .* -c ([0-9a-f]+) .* -r ([^ ]+) .*/\1 \2/p') || [ -n "$runtime" ] || continue
      "${sudo[@]}" "$runtime" delete --force "$container" >/dev/null 2>&1 || true
    done < <(grep -lzs "^$id" /proc/[0-9]*/cmdline)
  done 2>/dev/null
}

# Removes the networks of hosts that are gone. Podman, killed while it makes one, knows nothing of it; the addresses of ours
# tell whose they are, but for one that nothing is in yet.
forget_networks() {
  local network links address
  { [ "$driver" = podman ] && command -v ip >/dev/null; } || return 0
  while read -r network _; do
    links=$("${sudo[@]}" ip -n "$network" -o link 2>/dev/null) || continue
    if address=$(grep -o "$address_start:..:..:.." <<<"$links"); then
      ! grep -qxF "$address" "$state"/*/*/address 2>/dev/null || continue
    else
      # ten minutes are enough for whoever is just making it
      [[ $network = netns-* && $links != *$'\n'* && $links = *' state DOWN '* ]] || continue
      [ -n "$(find "/run/netns/$network" -mmin +10 2>/dev/null)" ] || continue
    fi
    [ -z "$("${sudo[@]}" ip netns pids "$network" 2>/dev/null)" ] || continue
    "${sudo[@]}" ip netns delete "$network" 2>/dev/null || true
  done < <(ip netns list 2>/dev/null)
}

# Removes the hosts of a folder, given by id.
remove() { # remove FOLDER ID...
  local prefix=${1##*/}
  local -a names=()
  if [ "$driver" = docker ]; then
    [ $# = 1 ] || engine rm -f -v "${@:2}" >/dev/null 2>&1 </dev/null || true
    return
  fi
  # Of a host that podman was killed while it made, nothing is there but the name.
  if [ -f "$1/names" ]; then mapfile -t names <"$1/names"; fi
  shift
  # Unlike docker, podman would wait for them to stop.
  [ $(($# + ${#names[@]})) = 0 ] || engine rm -f -v -t 0 "$@" "${names[@]/#/$prefix-}" >/dev/null 2>&1 </dev/null || true
  end_forgotten "$@"
}

# Removes a folder with its keys. What says whose it is goes last: `gc` finishes what is cut short.
forget() {
  find "$1" -mindepth 1 ! -path "$1/owner" -delete 2>/dev/null || true
  rm -rf -- "$1"
}

# Makes $folder in one go, with its owner in it, unless somebody else has made it meanwhile: make_folder OWNER SINCE
make_folder() {
  local draft
  draft=$state/.$BASHPID.$(started "$BASHPID")
  rm -rf -- "$draft"
  mkdir -m 700 "$draft"
  : >"$draft/known_hosts"
  if [ "$1" != keep ]; then echo "$1 $2" >"$draft/owner"; fi
  if ! mv -T "$draft" "$folder" 2>/dev/null; then
    rm -rf -- "$draft"
    return 1
  fi
}

# Waits for whoever boots or removes the hosts of $folder, and keeps others waiting until this script ends.
take_turn() {
  if { exec 9<"$folder"; } 2>/dev/null; then flock 9; fi
}

containers() { # containers FILTER: their ids
  engine ps -aq --filter "$1"
}

# Waits until sshd of every address given has sent its greeting.
await_sshd() {
  local address greeting deadline=$((SECONDS + boot_within))
  for address; do
    until { read -r -t 5 greeting <"/dev/tcp/$address/22" && [[ $greeting = SSH-* ]]; } 2>/dev/null; do
      if [ "$SECONDS" -ge "$deadline" ]; then return 1; fi
      [ "$(started "$PPID")" = "$caller" ] || fail "the one that wanted the hosts of $prefix is gone"
      sleep 0.05
    done
  done
}

# Writes known_hosts and inventory.yml for the hosts of $folder as they are now.
describe() {
  local name address host_key
  local -a names
  mapfile -t names <"$folder/names"
  : >"$folder/known_hosts.new"
  {
    printf 'all:\n  vars:\n    ansible_user: root\n    ansible_ssh_private_key_file: %s\n' "$folder/id_ed25519"
    printf '    ansible_ssh_common_args: -o UserKnownHostsFile=%s -o StrictHostKeyChecking=yes -o IdentitiesOnly=yes -o ConnectTimeout=30\n' \
      "$folder/known_hosts"
    printf '  hosts:\n'
    while read -r name address; do
      # A host that is down has no address, and keeps its place in the inventory.
      [ -n "$address" ] || address=192.0.2.1
      host_key=$(cat "$folder/$name/ssh_host_ed25519_key.pub")
      printf '%s %s\n' "$address" "${host_key% *}" >>"$folder/known_hosts.new"
      printf '    %s: {ansible_host: %s}\n' "$name" "$address"
    done
  } >"$folder/inventory.yml" < <(engine inspect "${names[@]/#/$prefix-}" \
    --format '{{.Config.Hostname}} {{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}')
  mv "$folder/known_hosts.new" "$folder/known_hosts"
}

addresses() {
  sed -n 's/^    .*: {ansible_host: \(.*\)}$/\1/p' "$folder/inventory.yml"
}

up() {
  local spec name suite owner since='' run failed mount address
  local -a run_options runs=() boot own=()
  local -A images=()
  [ $# -gt 0 ] || usage
  owner=${SOLTI_TEST_OWNER:-$PPID}
  [ ! -e "$folder" ] || fail "there are hosts of $prefix already: hosts.sh down $prefix"

  for spec; do
    name=${spec%%=*} suite=${spec#*=}
    [[ $name =~ ^[a-z][a-z0-9-]*$ && $spec = *=* ]] || fail "$spec is not NAME=SUITE, the name in small letters, digits and -"
    if [ -n "${images[$suite]:-}" ]; then continue; fi
    case $suite in
    image:*)
      images[$suite]=$("$here/images/project.sh" pull "${suite#image:}") || fail "the image ${suite#image:} cannot be had"
      ;;
    *) images[$suite]=$("$here/images/host.sh" "$suite") ;;
    esac
  done

  if [ "$owner" != keep ]; then since=$(started "$owner") || fail "there is no process $owner to own the hosts"; fi
  mkdir -p "$state"
  trap 'exit 130' INT TERM HUP
  make_folder "$owner" "$since" || fail "there are hosts of $prefix already: hosts.sh down $prefix"
  trap undo EXIT
  take_turn
  echo "$driver" >"$folder/driver"
  ssh-keygen -q -t ed25519 -N '' -C "$prefix" -f "$folder/id_ed25519"

  machine_options
  run_options+=(--label "solti-test=$prefix" --label "solti-test-folder=$folder" --label "solti-test-pid=$owner")
  if [ "$owner" != keep ]; then run_options+=(--label "solti-test-started=$since"); fi
  if [ "${SOLTI_TEST_STANDINS:-}" = no ]; then
    run_options+=(--env SOLTI_TEST_STANDINS=no)
  elif [ -x "$standins/solti-standins" ]; then
    run_options+=(--mount "type=bind,src=$(cd "$standins" && pwd -P),dst=/srv/standins,ro")
  fi
  while IFS= read -r mount; do
    if [ -n "$mount" ]; then run_options+=(--mount "type=bind,src=${mount%:*},dst=${mount##*:},ro"); fi
  done <<<"${SOLTI_TEST_MOUNTS:-}"
  for spec; do
    name=${spec%%=*} suite=${spec#*=} boot=()
    # Another's image is given the keys, too. The script lets go of the folder that it is read from.
    if [[ $suite = image:* ]]; then boot=(sh -c 'eval "$(cat /etc/solti-test/boot)"'); fi
    echo "$name" >>"$folder/names"
    mkdir "$folder/$name"
    ssh-keygen -q -t ed25519 -N '' -C "$name" -f "$folder/$name/ssh_host_ed25519_key"
    cp "$folder/id_ed25519.pub" "$folder/$name/authorized_keys"
    cp "$here/images/rootfs/usr/local/sbin/boot" "$folder/$name/boot"
    if [ "$driver" = podman ]; then
      address=$address_start$(od -An -N3 -tx1 /dev/urandom | tr ' ' :)
      echo "$address" >"$folder/$name/address"
      own=(--mac-address "$address")
    fi
    engine run -d --name "$prefix-$name" --hostname "$name" "${own[@]}" "${run_options[@]}" \
      --mount "type=bind,src=$folder/$name,dst=/etc/solti-test,ro" "${images[$suite]}" "${boot[@]}" >/dev/null 9>&- &
    runs+=($!)
  done
  for run in "${runs[@]}"; do wait "$run" || failed=1; done
  [ -z "${failed:-}" ] || fail "not every host of $prefix could be started"
  describe
  await
  cat "$folder/inventory.yml"
}

# Leaves nothing behind where `up` did not come to its end.
undo() {
  local status=$?
  [ "$status" = 0 ] || clear_away
  exit "$status"
}

# Waits for all hosts of $folder; the journal of one that does not answer says why.
await() {
  local -a all
  mapfile -t all < <(addresses)
  if ! await_sshd "${all[@]}"; then
    local name
    while read -r name; do
      printf -- '--- %s\n' "$name" >&2
      engine exec "$prefix-$name" journalctl --no-pager -n 15 >&2 || true
    done <"$folder/names"
    fail "not every host of $prefix answered on SSH within $boot_within s; the last of each one's journal is above"
  fi
}

start() {
  engine start "$prefix-$1" >/dev/null 9>&-
  describe
  await
}

down() {
  take_turn
  clear_away
}

# Removes the hosts of $prefix, and $folder.
clear_away() {
  local -a ids
  mapfile -t ids < <(containers "label=solti-test=$prefix")
  remove "$folder" "${ids[@]}"
  forget "$folder"
  forget_networks
}

gc() {
  local id pid start now folder
  local -a ids
  mapfile -t ids < <(containers label=solti-test)
  [ ${#ids[@]} = 0 ] || engine inspect "${ids[@]}" 2>/dev/null --format \
    '{{.Id}} {{index .Config.Labels "solti-test-pid"}} {{index .Config.Labels "solti-test-started"}} {{index .Config.Labels "solti-test-folder"}}' |
    while read -r id pid start folder; do
      if [ "$pid" = keep ]; then continue; fi
      # Another process may have got the owner's id since.
      now=$(started "$pid") || now=gone
      [ "$now" != "$start" ] || continue
      remove "$folder" "$id"
      if [ -f "$folder/known_hosts" ]; then forget "$folder"; fi
    done || true
  # Whose owner was killed before there were hosts, or while they were removed.
  for folder in "$state"/*/; do
    folder=${folder%/}
    rmdir -- "$folder" && continue
    read -r pid start <"$folder/owner" || continue
    now=$(started "$pid") || now=gone
    if [ "$now" != "$start" ] && [ -z "$(containers "label=solti-test=$(basename "$folder")")" ]; then
      remove "$folder"
      forget "$folder"
    fi
  done 2>/dev/null
  for folder in "$state"/.[0-9]*.[0-9]*/; do
    IFS=. read -r _ pid start <<<"$(basename "$folder")"
    now=$(started "$pid") || now=gone
    if [ "$now" != "$start" ]; then rm -rf -- "$folder"; fi
  done
  forget_networks
  prune
}

command=${1:-} prefix=${2:-}
caller=$(started "$PPID") || caller=
case $command in
gc) [ $# = 1 ] || usage ;;
up | inventory | start | down) [[ $prefix =~ ^[a-z0-9][a-z0-9-]*$ ]] || usage ;;
*) usage ;;
esac
folder=$state/$prefix
shift "$(($# < 2 ? $# : 2))"
# Hosts that are there are known to whoever has started them.
if [ -f "$folder/driver" ]; then SOLTI_TEST_DRIVER=$(<"$folder/driver"); fi
# shellcheck source=images/driver.sh
. "$here/images/driver.sh"
case $command in
up) up "$@" ;;
inventory) cat "$folder/inventory.yml" ;;
start) start "${1:?$(usage)}" ;;
down) down ;;
gc) gc ;;
esac
