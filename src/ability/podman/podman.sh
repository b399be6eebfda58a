# What podman fetches and removes; it stays when a step fails.

pull() { # pull USER IMAGE: `-` is the system's podman
  say pulling "$2"
  (limit='timeout -k 5 7200'; by "$1" podman pull -q -- "$2") >"$T/out" 2>&1 </dev/null 8>&-
  status=$?
  [ "$1" = - ] || detach
  [ $status -eq 0 ] || { failed $status "podman pull $2" 'the image could not be pulled; nothing was stopped'; return 1; }
  say pulled "$1 $2 $(briefly by "$1" podman image inspect --format '{{.Id}} {{.Size}}' -- "$2" 2>/dev/null | heard)"
  say stays "image $2"
}

discard_podman() { # discard_podman container|volume|network USER NAME: it may be gone with its service
  briefly by "$2" podman "$1" exists "$3" >/dev/null 2>&1 || return 0
  force=; if [ "$1" = container ]; then force=-f; fi
  # shellcheck disable=SC2086 # no flag, no word
  by "$2" podman "$1" rm $force -- "$3" >"$T/out" 2>&1 </dev/null 8>&-
  status=$?
  [ "$2" = - ] || detach
  [ $status -eq 0 ] || { failed $status "podman $1 rm $3" ''; return 1; }
  stays "removed $1 $3"
}
