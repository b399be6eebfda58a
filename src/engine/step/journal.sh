# The journal of a role's changes. An entry is on the disk before what it is for is done, and the way back writes nothing: where
# nothing can be written any more, everything can still be put back.
#
# A transaction is open as long as $T has `undo`, and is to be finished, not undone, as soon as it has `manifest`; without `undo`
# it is only something to clear away, and with `entries` in its place, to be kept.

begin() { # begin NAME UNIT...: the units that the transaction will touch; without $T no step does anything
  J=0 K=0; T=$V/journal/$1 began=$(date +%s); shift
  mkdir -p "$V/journal" && chmod 700 "$V" "$V/journal" && mkdir -m 700 "$T" || { failed 1 '' "cannot write to $V" "$V"; T=; return 1; }
  size=0; if [ -e "$V/manifest.json" ]; then size=$(wc -c <"$V/manifest.json"); fi
  # room for the end, whatever fills the disk meanwhile; zeros might be kept in less
  head -c $((65536 + 2 * size)) /dev/urandom >"$T/room" && printf '%s\n' "${T##*/}" >"$T/name" && true >"$T/services" && true >"$T/staged" && true >"$T/trash" \
    && { [ -z "$record" ] || printf '%s\n' "$record" >"$T/record.json"; } && as_they_run "$@" && flush_all "$T"/* && true >"$T/undo" && flush "$T/undo" "$T" "$V/journal" \
    || { failed 1 '' "cannot write to $V" "$V"; rm -rf -- "$T"; T=; return 1; }
  record=
}

# What is by nature not undone is noted before it is made. When the role is put back, what of it is there is not what was there
# before: the notes go to $V/made by one rename, for the next plan, and from there into the next manifest.
foresee() { # foresee {KIND NAME ENTRY}...
  mkdir -p "$V/made" && mkdir "$T/lasting" && while [ $# -gt 0 ]; do printf '%s\n%s\n%s\n' "$1" "$2" "$3" >"$T/lasting/$#" || break; shift 3; done
  [ $# -eq 0 ] && flush "$T/lasting"/* "$T/lasting" "$T" "$V" || { failed 1 '' "cannot write to $V" "$V"; roll_back; return 1; }
}
made_here() {
  for entry in "$T"/lasting/*; do
    { IFS= read -r kind && IFS= read -r name; } 2>/dev/null <"$entry" && is_there "$kind" "$name" || rm -f -- "$entry"
  done
  [ ! -d "$T/lasting" ] || rmdir "$T/lasting" || { mv -T -- "$T/lasting" "$V/made/${T##*/}" && flush "$V/made"; }
} 2>/dev/null
is_there() { # is_there KIND NAME
  case $1 in
  directory) [ -d "$2" ] ;;
  package) case $(dpkg-query -W -f='${db:Status-Abbrev}\n' -- "$2") in ?i*) ;; *) false ;; esac ;;
  user) id -u -- "$2" ;;
  group) cut -d : -f 1 /etc/group | grep -qxF -e "$2" ;;
  volume | network) case $2 in */*) briefly by "${2%%/*}" podman "$1" exists "${2#*/}" ;; *) podman "$1" exists "$2" ;; esac ;;
  esac >/dev/null 2>&1 </dev/null 8>&-
}

ready() { forget; [ -n "$T" ] && rm -f -- "$T/out"; }
as_they_run() { for unit in "$@"; do remember "$unit" - || return 1; done; }

entry() { # entry VERB PATH [NUMBER]: the number of the folder of our own that it is about
  J=$((J + 1))
  printf '%s\n' "$2" >"$T/$J.path" && printf '%s %s %s\n' "$1" "$J" "${3:--}" >>"$T/undo"
}
note() { entry "$@" && noted; } # note VERB PATH: what it is for may be done
# of the last entry, and of those before it that are not on the disk yet
noted() {
  set --
  while [ $K -lt $J ]; do
    K=$((K + 1)); set -- "$@" "$T/$K.path"
    if [ -e "$T/$K.was" ]; then set -- "$@" "$T/$K.was"; fi
  done
  flush "$@" "$T/undo" "$T"
}

# What the role has changed is on the disk.
settled() {
  set --
  while read -r _ entry _; do
    IFS= read -r path <"$T/$entry.path" || continue
    set -- "$@" "${path%/*}/" "$path"
  done <"$T/undo"
  flush_all "$@"
}

# --- the way back ---

roll_back() {
  [ -n "$T" ] && [ -e "$T/undo" ] || return 0
  trap '' TERM HUP INT
  if [ -e "$T/manifest" ]; then finish; return; fi
  say back begins
  rm -f -- "$T/room" 2>/dev/null
  # what did not run before stops while its files are still there
  while read -r unit active boot start did; do
    [ "$did" != - ] || continue
    case $active in active | activating | reloading | deactivating) ;; *) act stop "$unit" ;; esac
    case $boot in disabled | none) ctl "$unit" disable ;; esac
  done <"$T/services" >/dev/null 2>&1
  forget
  set --
  # the last line may have been cut off; what it is for has not been done then
  while read -r verb entry number; do set -- "$verb" "$entry" "${number:--}" "$@"; done <"$T/undo"
  stuck=
  while [ $# -gt 0 ]; do
    whole="an entry of $T"
    # where it is not known what it is for, that has not been done
    if [ -s "$T/$2.path" ] && ! { IFS= read -r whole <"$T/$2.path" && undo "$1" "$2" "$3"; }; then
      say stuck "$whole$(room "$whole")"
      stuck="$1 $2 $3
$stuck"
    fi
    shift 3
  done
  settled
  if [ -e "$T/reload" ] && tool systemctl; then sort -u "$T/reload" | while read -r user; do reread_now "$user"; done >/dev/null 2>&1; fi
  if [ -n "$stuck" ]; then
    # services are not started on half of what was there; what has been put back is not put back again
    { printf '%s' "$stuck" >"$T/undo.new" && flush "$T/undo.new" && mv -f -- "$T/undo.new" "$T/undo"; } 2>/dev/null
    say open "$T"
  else
    run_as_before
    # from here on nothing is to be taken away when the rest is cleared
    { true >"$T/trash" && flush "$T/trash"; } 2>/dev/null
    made_here
    closed undone || say unclosed "$T"
  fi
  over
  say back ends
}

# What ran runs again, with what it had: what was not started since, not even by a reboot, still does.
run_as_before() {
  seen=' '
  while read -r unit active boot start did; do
    case $did-$boot in disable-enabled*) ctl "$unit" enable ;; esac >/dev/null 2>&1
    case $active in active | activating | reloading) ;; *) continue ;; esac
    case $seen in *" $unit "*) continue ;; esac
    if [ "$(ctl "$unit" show -p InvocationID -p ActiveState | sort)" != "ActiveState=active
InvocationID=$start" ]; then
      act restart "$unit"
    elif [ "$did" = reload ]; then
      ctl "$unit" reload-or-restart
    else
      continue
    fi >/dev/null 2>&1
    seen="$seen$unit "
    if runs "$unit"; then say back "${unit#*/} is running as before"; else say stuck "${unit#*/} does not run"; fi
  done <"$T/services"
}
runs() { # runs UNIT: soon after a boot it may still be on its way
  tenths=100
  until ctl "$1" is-active -q >/dev/null 2>&1; do
    case $tenths-$(ctl "$1" show -p ActiveState) in 0-*) return 1 ;; *=activating) ;; *) return 1 ;; esac
    tenths=$((tenths - 1)); sleep 0.1
  done
}

# --- done ---

commit() { # commit MANIFEST: from the rename on, the role is done, whatever happens
  forget
  rm -f -- "$T/room"
  settled
  claim && printf '%s\n' "$1" >"$T/manifest.new" && flush "$T/claim" "$T/manifest.new" "$T/undo" && mv -f -- "$T/manifest.new" "$T/manifest" \
    || { failed 1 '' "cannot write to $V" "$V"; roll_back; return 1; }
  flush "$T"
  say step committed
  finish
}

finish() {
  # the manifest has what earlier ones have left
  install_manifest && flush "$V" && { [ ! -e "$V/made" ] || rm -rf -- "$V/made"; } && closed done
  done=$?
  [ $done -eq 0 ] || failed 1 '' "the role is done, but that cannot be noted in $V: the next apply does so first" "$V"
  over
  return $done
}

install_manifest() {
  if [ "$T/manifest" -ef "$V/manifest.json" ]; then return 0; fi
  # a second name for it takes no room
  [ ! -e "$V/manifest.json.new" ] || rm -f -- "$V/manifest.json.new"
  { ln -- "$T/manifest" "$V/manifest.json.new" || cp -- "$T/manifest" "$V/manifest.json.new"; } 2>/dev/null \
    && flush "$V/manifest.json.new" && mv -f -- "$V/manifest.json.new" "$V/manifest.json"
}

over() { T=; trap 'exit 143' TERM HUP INT; }

# --- what is left ---

# The end of `undo` decides that a transaction is over, and it needs no room; the rest may be cut off anywhere.
closed() { # closed done|undone: kept in $V, for who has lost this shell
  # what is kept is only called otherwise
  { { [ "$1" = done ] && [ -s "$T/claim" ] && mv -f -- "$T/undo" "$T/entries"; } || rm -f -- "$T/undo"; } 2>/dev/null && flush "$T" || return 1
  mv -f -- "$T/name" "$V/$1" 2>/dev/null
  clear_away
  return 0
}

became() { # became NAME: of a transaction whose shell was lost
  if [ -e "$L" ] && ! flock -w 10 "$L" true; then say became busy; return; fi
  if [ -e "$V/journal/$1/manifest" ]; then say became unfinished
  elif [ -e "$V/journal/$1/undo" ]; then say became open
  elif [ "$(cat "$V/done" 2>/dev/null)" = "$1" ]; then say became done
  elif [ -d "$V/journal/$1" ] || [ "$(cat "$V/undone" 2>/dev/null)" = "$1" ]; then say became undone
  else say became nothing
  fi
}

clear_away() { # what cannot be removed is said by every run, until it can
  remain=
  forget
  clear_staged
  while IFS= read -r path; do
    { { [ -e "$T/entries" ] && mv -fT -- "$path" "$T/${path##*/}.original"; } || rm -rf -- "$path"; } 2>/dev/null || remains "$path"
  done <"$T/trash"
  if [ -n "$remain" ]; then return; fi
  if [ -e "$T/entries" ]; then shelve; else rm -rf -- "$T"; fi
}
clear_staged() { # what was there before is in our folders, too
  save=; if [ -e "$T/entries" ]; then save=save; fi
  while read -r number staged; do
    folder=${staged%/*}; stand "${folder:-/}"
    clear "$number" "$staged" was $save || remains "${staged%/*}/.solti-$number"
  done <"$T/staged"
  leave
}
remains() { remain=yes; say remains "$1$(room "$1")"; }

# What an earlier run left open when its host or its shell was killed.
recover() {
  unrecovered=
  for T in "$V"/journal/*/; do
    T=${T%/} open=${T%/}
    if [ ! -d "$T" ]; then continue
    # the probe says what is left of it
    elif [ ! -e "$T/undo" ]; then clear_away >/dev/null
    elif [ -e "$T/manifest" ]; then finish && say finished "${open##*/}"
    else roll_back
      [ -e "$open/undo" ] || say recovered "${open##*/}"
    fi
    [ ! -e "$open/undo" ] || unrecovered=$open
  done
  T=
  [ -z "$unrecovered" ] || {
    say refused "an earlier run's role could neither be put back nor finished, and nothing is begun on top of that. Apply tries it again once the cause is gone; to go on with what is there now, remove $unrecovered"
    return 1
  }
}
