
# What is at paths. Where others could put something else in the place of what is asked for, a file's content is read as in way.sh.

# folders that are ours, as far as stat was asked for the way to them; all others may be somebody's
known_ours='
'
is_ours() { case $known_ours in *"
$1
"*) ;; *) return 1 ;; esac; }

paths() { # paths WAY... PATH...: what stat says of them; the folders on the way are asked for with two slashes
  found=$(stat -c 'path %f/%U/%G/%u/%g/%s/%Y%n' -- "$@" 2>&1)
  led='
'
  while IFS= read -r line; do case $line in
  'path '*)
    path=/${line#*/*/*/*/*/*/*/}
    case $path in //*) on_the_way "${path#/}" ;; *) say "$line" ;; esac
    ;;
  # a refused look is not an absent file: stat's own words say which (behind a link that leads to itself there is nothing)
  *'No such file'* | *'Not a directory'* | *'Too many levels'* | *"'//"* | *'"//'*) ;;
  ?*) say unseen "$line" ;;
  esac; done <<FOUND
$found
FOUND
}

on_the_way() { # on_the_way FOLDER: what $line says of it; the way to it is known
  mode=${line%%/*} owner=${line#*/*/*/}
  mode=$((0x${mode#path })) owner=${owner%%/*} parent=${1%/*}
  if { [ -z "$parent" ] || is_ours "$parent"; } && trusted "$owner" && [ $((mode & 0170022)) -eq $((0040000)) ]; then
    known_ours="$known_ours$1
"
    return
  fi
  if [ $((mode & 0170000)) -eq $((0120000)) ]; then led="$led$1
"
  else case $led in *"
$parent
"*) led="$led$1
" ;; *) return ;; esac
  fi
  # what apply would leave alone
  (goto "$1" || say astray "$1//$why")
}

digests() { # digests ours|theirs PATH...: of the files among them that are in such folders
  whose=$1; shift
  for path do
    shift
    if is_ours "${path%/*}"; then is=ours; else is=theirs; fi
    # reading a pipe would take forever
    if [ $is = "$whose" ] && [ -f "$path" ] && [ ! -h "$path" ]; then set -- "$@" "$path"; fi
  done
  [ $# -ne 0 ] || return 0
  case $whose in
  ours) exec sha256sum -- "$@" ;;
  theirs)
    read -r begun _ </proc/uptime
    for path do
      read -r now _ </proc/uptime
      status=124
      if [ $((${now%.*} - ${begun%.*})) -lt 60 ]; then sum=$(look "$path" && digest "$N"); status=$?; fi
      case $status in
      0) printf '%s  %s\n' "$sum" "$path" ;;
      3) printf 'sha256sum: %s: no file any more\n' "$path" ;;
      124) printf 'sha256sum: %s: not read within 60 seconds\n' "$path" ;;
      # a link of theirs says nothing, nor what is gone
      *) if [ -f "$path" ] && [ ! -h "$path" ]; then printf 'sha256sum: %s: cannot be read\n' "$path"; fi ;;
      esac
    done
    ;;
  esac
} 2>&1

content() { # content PATH BYTES: its first ones
  if is_ours "${1%/*}"; then head -c "$2" -- "$1"
  else (look "$1" && exec dd if="./$N" bs="$2" count=1 iflag=fullblock,nofollow,nonblock)
  fi 2>/dev/null | base64 | tr -d '\n'
}

# Names may have any byte in them but one. Whoever owns a folder could make what is in it without end: what comes of such a
# list is told from a part of it by the point after its last name.
below() { # below FOLDER BYTES: all that is in it and is no folder, however deep; names of so many bytes
  if ! [ -d "$1" ]; then return; fi
  names=$(cd -- "$1" 2>/dev/null && {
    timeout 60 find . ! -type d ! -path '*/.solti-*' -print0 2>/dev/null
    if [ $? -le 1 ]; then printf .; fi
  } | head -c "$2" | base64 | tr -d '\n')
  say below "=$names $1"
}

links() { # links COUNT PATH...: where those point that are links
  count=$1; shift
  for path do if [ -h "$path" ]; then say link "$path"; set -- "$@" "$path"; fi; done
  shift "$count"
  [ $# -ne 0 ] || return 0
  targets=$(readlink -- "$@" 2>/dev/null) lines=0
  while IFS= read -r path; do lines=$((lines + 1)); done <<TARGETS
$targets
TARGETS
  # one may be gone meanwhile, and a target may have several lines: then it is that of no declared link
  if [ "$lines" -ne $# ]; then
    targets=
    for path do target=$(readlink -- "$path" | tr '\n' ' '); targets="$targets${target% }
"; done
  fi
  while IFS= read -r path; do say target "$path"; done <<TARGETS
${targets%
}
TARGETS
}
