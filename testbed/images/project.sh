#!/usr/bin/env bash
# Sees to it that an image is there that a platform of a project names, or says how to build; prints its name.
#
#   project.sh pull IMAGE                            one that podman or docker has, or can pull
#   project.sh build FOLDER FILE [NAME=VALUE...]     what FILE, a Containerfile below FOLDER, makes of that folder, with these
#                                                    arguments; built again when any of it changes
#
# The built-in images are localhost/solti/debian13 and localhost/solti/debian12 in a Containerfile's FROM.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=driver.sh
. "$here/driver.sh"

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

descendants() {
  local child
  # shellcheck disable=SC2013 # words, not lines
  for child in $(cat "/proc/$1/task/"*/children 2>/dev/null); do
    echo "$child"
    descendants "$child"
  done
}

process_namespaces() { awk '/^NSpid:/ { print NF }' "/proc/$1/status" 2>/dev/null || true; }

# Ends a build: stop PROCESS. A podman that is told to end leaves half a container and what runs in it; where a command of the
# Containerfile fails, it clears up.
stop() {
  local process deadline=$((SECONDS + 10))
  trap '' INT TERM HUP
  if [ "$driver" = docker ]; then "${sudo[@]}" kill -INT -- "-$1" || true; fi
  while [ -d "/proc/$1" ] && [ "$SECONDS" -lt "$deadline" ]; do
    for process in $(descendants "$1"); do
      if [[ $(process_namespaces "$process") -gt $(process_namespaces $$) ]]; then "${sudo[@]}" kill -KILL "$process" || true; fi
    done 2>/dev/null
    sleep 0.2
  done
  "${sudo[@]}" kill -- "-$1" 2>/dev/null || true
  exit 130
}

build() {
  local folder=$1 file=$2 base suite bases='' digest image argument
  local -a options=()
  shift 2
  while read -r base; do
    suite=
    case $base in
    localhost/solti/debian13 | localhost/solti/debian13:latest) suite=trixie ;;
    localhost/solti/debian12 | localhost/solti/debian12:latest) suite=bookworm ;;
    esac
    if [ -n "$suite" ]; then
      # Another checkout may have given the name to an image of another recipe.
      image=$("$here/host.sh" "$suite")
      name "$image" "$base"
    fi
    has_image "$base" || fail "there is no image $base, which $file begins with"
    bases+=$(engine image inspect --format '{{.Id}}' "$base")
  done < <(sed -nE 's/^\s*FROM\s+(--\S+\s+)*(localhost\/\S+).*/\2/Ip' "$folder/$file")

  digest=$({
    tar -C "$folder" -c --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner .
    printf '%s\0' "$file" "$@" "$bases"
  } | sha256sum)
  image=localhost/solti-build:${digest:0:12}
  if ! claim "$image"; then
    echo "building $image, once" >&2
    for argument; do options+=(--build-arg "$argument"); done
    # Steps of earlier builds would stay behind as images that nobody removes; docker sees to its own.
    if [ "$driver" = podman ]; then options+=(--layers=false); fi
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    # in a process group of its own: Ctrl-C is for this script
    set -m
    engine build --label "solti-image=$image" -t "$image" -f "$folder/$file" "${options[@]}" "$folder" >"$log" 2>&1 9>&- &
    set +m
    trap 'stop $!' INT TERM HUP
    wait $! || {
      tail -n 20 "$log" >&2
      exit 1
    }
    trap - INT TERM HUP
    claim "$image"
  fi
  echo "$image"
}

case $#-${1:-} in
2-pull)
  has_image "$2" || engine pull -q "$2" >/dev/null
  echo "$2"
  ;;
[3-9]-build | [1-9][0-9]*-build)
  # One at a time, as long as the names of the built-in images must stay what they are.
  exec 9</run
  flock 9
  build "${@:2}"
  ;;
*)
  sed -n '2,7s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
  exit 2
  ;;
esac
