# shellcheck shell=bash
# Podman or docker, whichever boots hosts on this machine, and the images in it that solti has built. Read by the scripts.
#
# SOLTI_TEST_DRIVER  podman or docker; unless that is said, podman if this machine has it, else docker
#
# solti's images have the label solti-image and, as a tag, the day when they were last used: NAME-used-YYYYMMDD. That is kept
# where the images are, so that all users and checkouts on the machine know of each other.

driver=${SOLTI_TEST_DRIVER:-}
if [ -z "$driver" ]; then
  driver=podman
  if ! command -v podman && command -v docker; then driver=docker; fi >/dev/null
fi
as_root=()
if [ "$(id -u)" != 0 ]; then
  as_root=(sudo)
  # nobody can type a password there
  if ! [ -t 0 ]; then as_root+=(-n); fi
fi
sudo=("${as_root[@]}")
case $driver in
podman) ;;
# docker may be open to others than root
docker) if [ "$(id -u)" != 0 ] && docker version >/dev/null 2>&1; then sudo=(); fi ;;
*)
  echo "the driver of throwaway hosts is podman or docker, not $driver" >&2
  exit 2
  ;;
esac

engine() { "${sudo[@]}" "$driver" "$@"; }

# What podman is told where this machine's limits are lower than it asks for, in the array `limits`.
machine_limits() {
  local files processes pids
  limits=()
  # podman asks for 1048576 of each, and the runtime fails where this machine's hard limit is lower. Some
  # versions of podman first lower their own limit of processes to the number of process ids.
  files=$(ulimit -Hn) processes=$(ulimit -Hu)
  pids=$(</proc/sys/kernel/pid_max)
  if [ "$files" != unlimited ] && [ "$files" -lt 1048576 ]; then limits+=(--ulimit "nofile=$files:$files"); fi
  if [ "$processes" != unlimited ] && [ "$processes" -lt 1048576 ]; then
    if [ "$processes" -gt "$pids" ]; then processes=$pids; fi
    limits+=(--ulimit "nproc=$processes:$processes")
  fi
}

has_image() { engine image inspect "$1" >/dev/null 2>&1; }

# Lines of ID NAME for all tags of images that have the label, by solti or as children of such an image.
labelled() { engine images --filter label=solti-image --format '{{.ID}} {{.Repository}}:{{.Tag}}'; }

# Calls an image something else, too: name IMAGE NAME. One after the other, for podman may lose a name that an image is given while
# it is given another.
name() (
  flock 9
  engine tag "$1" "$2"
) 9</var/tmp

# Notes that an image of solti's is used today; fails when it is not there: claim IMAGE
claim() (
  flock 9
  names=$(labelled | cut -d ' ' -f 2)
  today=$1-used-$(date +%Y%m%d)
  grep -qxF "$1" <<<"$names" || exit 1
  if grep -qxF "$today" <<<"$names"; then exit; fi
  engine tag "$1" "$today" || exit 1
  sed -n "\|^$1-used-|p" <<<"$names" | while read -r old; do engine rmi "$old" >/dev/null 2>&1 || true; done
) 9</var/tmp

# Removes solti's images that nobody has used for 14 days, but none that there are containers of.
prune() (
  flock 9
  all=$(labelled)
  limit=$(date -d '14 days ago' +%Y%m%d)
  sed -nE '/ localhost\/solti-(host|build):/{s/-used-.*//;p}' <<<"$all" | sort -u | while read -r id image; do
    used=$(sed -n "s|^.* $image-used-||p" <<<"$all" | sort | tail -n 1)
    if [ -z "$used" ]; then
      engine tag "$image" "$image-used-$(date +%Y%m%d)" || true
    elif [[ $used < $limit ]] && [ -z "$(engine ps -aq --filter "ancestor=$image")" ]; then
      # the name goes last: without it nobody would know whose the rest is
      { sed -n "\|^$id $image$|d; s|^$id \(localhost/solti[-/].*\)|\1|p" <<<"$all"; echo "$image"; } |
        while read -r name; do engine rmi "$name" >/dev/null 2>&1 || true; done
    fi
  done
) 9</var/tmp
