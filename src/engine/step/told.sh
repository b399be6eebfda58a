# What is told of a failure.

failed() { # failed STATUS COMMAND MESSAGE [PATH]: the path, where it could not be written. Lines of output may be of any length
  output= sent=; if [ -n "$T" ] && [ -e "$T/out" ]; then output=$(last); sent=$(last | base64 | tr -d '\n'); fi
  cause=
  case $4-$output in
  -*'No space left on device'* | -*'Disk quota exceeded'*) cause=$(room '' "$output") ;;
  -*) ;;
  *) cause=$(room "$4" "$output") ;;
  esac
  # where there is no room for what a command says, it fails too
  [ -n "$cause" ] || cause=$(room "$V" "$output")
  message=${3:-${cause:+a command failed}}
  say failed "$at" "$1" "=$(b64 "$2")" "=$(b64 "$message$cause")" "=$sent"
}
# Somebody else's programs may have the file open for good in which they have said something: what is said from then on is in another
# one.
detach() { tail -c 65536 "$T/out" | head -c 65536 >"$T/said"; mv -f -- "$T/said" "$T/out"; }
last() { tail -c 65536 "$T/out" | tail -n 20; }

# What fails without a word is a note in the journal that cannot be written.
untold() {
  cause=$(room "$V")
  [ -z "$cause" ] || say untold "cannot write to $V$cause"
}

stays() { say did "$at" "$*"; } # stays WORDS: of the change in hand; by nature it is not undone

run() { # run SHOWN COMMAND...: its output is shown only when it fails
  shown=$1; shift
  "$@" >"$T/out" 2>&1 </dev/null 8>&-
  status=$?
  case $1 in as_user | ctl | by) detach ;; esac
  [ $status -eq 0 ] || { failed $status "$shown" ''; return 1; }
}
logged() { run "$*" "$@"; }

# Why nothing can be written, as far as the filesystem tells: `: ...`, or nothing.
room() { # room PATH [WORDS]: '' is all filesystems, where it is not known which one is meant
  place=$1
  # what is not there belongs where its folder is
  until [ -z "$place" ] || [ -e "$place" ]; do place=${place%/*}; done
  case $1 in ?*) place=${place:-/} ;; esac
  case $2 in *'Disk quota exceeded'*) printf ': the disk quota of %s is used up' "$(id -un)"; return ;; esac
  { df -P ${place:+-- "$place"}; df -P -i ${place:+-- "$place"}; } 2>/dev/null | {
    between=':'
    while read -r _ all _ free _ mount; do
      case $all-$free in
      Inodes-*) unit=inodes least=1; continue ;;
      [!0-9]*-[!0-9]* | 0-* | *-) continue ;;
      *[!0-9]*-[!0-9]*) unit=KiB least=64; continue ;;
      esac
      if read_only "$mount"; then
        [ -z "$place" ] || { printf '%s the filesystem %s is mounted read-only' "$between" "$mount"; break; }
        continue
      elif [ "$free" -ge $least ] || [ $((free * 10)) -ge "$all" ]; then continue
      elif [ $unit = inodes ]; then what="has no inodes left ($free of $all free)"
      elif [ "$all" -ge 10485760 ]; then what="is full ($free KiB of $((all / 1048576)) GiB free)"
      elif [ "$all" -ge 10240 ]; then what="is full ($free KiB of $((all / 1024)) MiB free)"
      else what="is full ($free of $all KiB free)"
      fi
      printf '%s the filesystem %s %s' "$between" "$mount" "$what"; between=,
    done
  }
}
read_only() { # read_only MOUNT
  how=
  while read -r _ mounted _ options _; do if [ "$mounted" = "$1" ]; then how=$options; fi; done </proc/mounts
  case ,$how, in *,ro,*) ;; *) return 1 ;; esac
}
