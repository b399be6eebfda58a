# Generations: how it was before a transaction that is done, and what is told of it. $V/generations/N/K is the journal of a run's Kth
# transaction here, with what it has replaced as NUMBER.former; N counts runs, and the newest always stays.

records() { of_run=$1 record=$2; } # records RUN RECORD: what is told of the transaction that begins next, and the word of its run
record=

# Taken with the commit, so that numbers are in the order of commits, whenever the journal can be cleared away.
claim() {
  if [ ! -e "$T/record.json" ]; then true >"$T/claim"; return; fi
  newest=0 part=0 of=
  for claimed in "$V"/generations/*/*/claim "$V"/journal/*/claim; do
    [ -e "${claimed%claim}manifest" ] && read -r n k its <"$claimed" || continue
    if [ "$n" -gt "$newest" ] || { [ "$n" -eq "$newest" ] && [ "$k" -gt "$part" ]; }; then newest=$n part=$k of=$its; fi
  done 2>/dev/null
  if [ "$of" = "$of_run" ]; then part=$((part + 1)); else newest=$((newest + 1)) part=1; fi
  printf '%s %s %s\n' "$newest" "$part" "$of_run" >"$T/claim"
}

# Files and links, by renaming; from another filesystem by copying, but no file of more than 10 MiB. Of a folder it is noted whose it
# was; what was taken out of it before lies in it. What went with all in it is gone: that has no bound, and may be data that is to go.
save() { # save NAME NUMBER PATH: what was at PATH, unless that is done
  if [ ! -e "$1" ] && [ ! -h "$1" ]; then return; fi
  if [ -d "$1" ] && [ ! -h "$1" ]; then
    [ -s "$T/$2.folder" ] || stat -c '%a %u %g full' -- "$1" >"$T/$2.folder"
    # whoever had the folder may have put anything there
    while read -r number path; do
      if [ "${path%/*}" = "$3" ] && read -r _ _ of <"$T/$number.own" && [ "$of" = ours ] && [ -d "$1/.solti-$number" ]; then
        ( save "$1/.solti-$number/was" "$number" "$path" )
        rmdir -- "$1/.solti-$number"
      fi
    done <"$T/staged"
    ! rmdir -- "$1" || { read -r mode owner group _ <"$T/$2.folder" && printf '%s %s %s empty\n' "$mode" "$owner" "$group" >"$T/$2.folder"; }
    return
  fi
  # shellcheck disable=SC2086 # two words, or none
  ( ulimit -f 20480; trap '' XFSZ; exec $patience mv -fT -- "$1" "$T/$2.former" ) || rm -f -- "$T/$2.former"
}

shelve() { # what could not be put there is gone, and the role is done all the same
  read -r n k _ <"$T/claim"
  kept=$V/generations/$n
  ( umask 077; [ -d "$kept" ] || mkdir -p -- "$kept" ) 2>/dev/null \
    && flush_all "$T"/*.former "$T"/*.folder "$T" "$kept" "$V/generations" "$V" && mv -T -- "$T" "$kept/$k" 2>/dev/null \
    || { rm -rf -- "$T"; say unkept "cannot write to $V/generations$(room "$V")"; return; }
  shed "$kept/$k"
}

shed() { # shed PART: what it needs no more, and generations that are too old or too large
  part=$1 below=; set --
  # the newest first
  while :; do
    next=0
    for folder in "$V"/generations/*/; do
      n=${folder%/} n=${n##*/}
      case $n in *[!0-9]*) continue ;; esac
      if [ "$n" -gt $next ] && { [ -z "$below" ] || [ "$n" -lt "$below" ]; }; then next=$n; fi
    done
    if [ "$next" -eq 0 ]; then break; fi
    set -- "$@" "$V/generations/$next"; below=$next
  done
  du -sk -- "$@" 2>/dev/null | (
    most=204800 left=204800 count=0 large=; set --
    for name in staged trash made reload out said in quiet plain without taken gone waited; do
      if [ -e "$part/$name" ]; then set -- "$@" "$part/$name"; fi
    done
    while read -r size folder; do
      count=$((count + 1)) left=$((left - size))
      if [ $left -ge 0 ] && [ $count -le 10 ]; then continue; fi
      if [ $count -gt 1 ]; then left=-1; set -- "$@" "$folder"; continue; fi
      # what is told of it stays
      left=$most large=yes; set -- "$@" "$folder"/*/*.former "$folder"/*/*.original
    done
    rm -rf -- "$@" 2>/dev/null
    for path do if [ -e "$path" ]; then remains "$path"; fi; done
    [ -z "$large" ] || say unkept "it takes more than the $((most / 1024)) MiB that are kept"
  )
}
