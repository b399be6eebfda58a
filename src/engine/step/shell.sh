# The host's side of a step: what it replaces it notes first, so that all of it can be put back.
#
# $V is solti's state here, $T the open transaction: `undo` (verb, number, and which folder of our own it is about, in order),
# N.path and N.was for each number, `services` (unit, state, start at boot, invocation, what was done), `staged` (our folders, and
# what they are beside), `lasting` (a file for each thing that stays once it is made: kind, name, entry), `trash` (paths that are
# not needed when all went well), `record.json` (what is told of it later), `room` (for its end), `out` (last output).

T= W= J=0 K=0 at=0 late=60 holds= began=0
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
tool() { command -v "$1" >/dev/null 2>&1; }
b64() { printf '%s' "$1" | base64 | tr -d '\n'; }
# what nobody can guess
random() { od -An -N8 -tx1 /dev/urandom | tr -d ' \n'; }
# what is written must be on the disk before it counts
flush() { sync -- "$@" 2>/dev/null || sync; }
flush_all() { # flush_all PATH...: those of them that are files or folders, not what links lead to
  for f do
    shift
    if [ ! -h "$f" ] && { [ -f "$f" ] || [ -d "$f" ]; }; then set -- "$@" "$f"; fi
  done
  [ $# -eq 0 ] || flush "$@"
}

# Whatever ends this shell while a transaction is open also ends the transaction.
trap 'roll_back; unwatch' EXIT
trap 'exit 143' TERM HUP INT

# Puts back by itself, and lets go of the lock, when the controller has been silent for too long: it may be gone without the
# connection saying so.
watch() {
  [ -n "$holds" ] || return 0
  unwatch
  watched=
  birth $$; born=$birth
  # KILL: a child that has just been forked still has the shell's own handlers, in which any other signal is lost
  ( stop= s=; trap 'stop=yes; [ -z "$s" ] || kill -KILL "$s"' TERM; trap - EXIT HUP INT
    # only what is open is to be kept from others until it is put back
    [ -n "$T" ] || exec 8>&-
    kill -USR1 $$
    sleep "$late" 8>&- & s=$!
    # the wish to stop may have come before there was anything to kill
    [ -z "$stop" ] || kill -KILL "$s"
    wait "$s"; [ -z "$stop" ] || exit 0
    trap '' TERM; birth $$; [ "$birth" != "$born" ] || kill -KILL $$
    roll_back ) </dev/null >/dev/null 2>&1 &
  W=$!
  # a signal that comes before its trap is lost
  while [ -z "$watched" ] && kill -0 "$W" 2>/dev/null; do :; done
}
trap 'watched=yes' USR1
unwatch() { if [ -n "$W" ]; then kill "$W" 2>/dev/null; wait "$W" 2>/dev/null; W=; fi; }
birth() { # birth PID: when it began, as its number may be another's by now
  birth=
  { read -r birth <"/proc/$1/stat"; } 2>/dev/null || return 0
  # shellcheck disable=SC2086 # words
  set -- ${birth##*) }
  birth=${20}
}

by() { # by USER COMMAND...: `-` is who carries out the step; never one of these functions
  if [ "$1" = - ]; then shift; command "$@"; else as_user "$@"; fi
}

lock() { # lock WHO TOGETHER
  tool flock || { say refused 'flock is missing on the host (package util-linux)'; return 1; }
  # whoever could open it could hold it
  ( umask 077; { [ -d "${L%/*}" ] || mkdir -p -- "${L%/*}"; } && : >>"$L" ) 2>/dev/null || { say refused "cannot write $L"; return 1; }
  exec 8<>"$L"
  if ! flock -n 8; then
    { IFS= read -r who && read -r _ && read -r together; } <"$L"
    # this run's own shell of another identity has it
    if [ "$together" = "$2" ]; then exec 8>&-; return 0; fi
    say locked "${who:-unknown}"; return 1
  fi
  printf '%s\n%s\n%s\n' "$1" "$$" "$2" >"$L"
  holds=yes
}
