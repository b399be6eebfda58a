# Says what is on a host, one line for each thing, in one exchange. $known: packages that need no list of their files.
timeout 60 systemctl is-system-running --wait >/dev/null 2>&1

echo "# files"
# What changes by itself, what others account for below, and what solti remembers.
skip='-path /proc -o -path /sys -o -path /dev -o -path /run -o -path /tmp -o -path /var/tmp -o -path /var/cache
  -o -path /var/lib/apt -o -path /var/lib/dpkg -o -path /var/lib/systemd -o -path /var/lib/containers -o -path /var/lib/cni
  -o -path /var/lib/solti -o -path /var/log/journal -o -path /var/log/apt -o -path /var/lib/private -o -path /etc/ssl/certs
  -o -path */.local/share/containers -o -path */.local/state/solti -o -path */.cache -o -path */.gnupg -o -path /usr/share/info'
set -f
find / -xdev \( $skip \) -prune -o \! -type s -printf '%y %m %u:%g\t%l\t%p\n' 2>/dev/null
echo "# contents"
find /etc /opt /srv /home /root /usr/local /var -xdev \( $skip \) -prune -o -type f -size -4096k -print0 2>/dev/null |
  xargs -0 -r sha256sum 2>/dev/null
set +f

echo "# accounts"
sed 's/^/user /' /etc/passwd
# who is in it, in any order
awk -F: '{ print "group " $1 ":" $3 ":" $4 }' /etc/group
for user in /var/lib/systemd/linger/*; do [ -e "$user" ] && echo "linger ${user##*/}"; done

echo "# units"
systemctl list-unit-files --no-legend --no-pager --plain 2>/dev/null | awk '{ print $1, $2 }'
echo "# active"
systemctl list-units --no-legend --no-pager --plain --all --state=active,activating,failed --type=service,timer,socket,path,mount 2>/dev/null |
  awk '{ print $1, $3 }'

if command -v podman >/dev/null; then
  echo "# podman"
  podman ps -a --format 'container {{.Names}} ({{.Image}})' 2>/dev/null
  podman volume ls --format 'volume {{.Name}}' 2>/dev/null
  podman network ls --format 'network {{.Name}}' 2>/dev/null
fi

if command -v dpkg-query >/dev/null; then
  echo "# packages"
  dpkg-query -W -f '${Package} ${db:Status-Abbrev}\n' | sed 's/ *$//'
  for list in /var/lib/dpkg/info/*.list; do
    package=${list##*/} package=${package%.list} package=${package%%:*}
    case " $known " in
    *" $package "*) ;;
    *) echo "# files of $package" && cat "$list" ;;
    esac
  done
fi
echo "# end"
