# Says what a host is, with the shell's own means: a process costs more than all the rest of a line.
# Every variable that it sets begins with f_.

f_first() {
    [ -r "$2" ] || return 0
    f_line=
    # sysfs values may lack a newline: then read fails, but has read
    IFS= read -r f_line <"$2" || :
    [ -z "$f_line" ] || say "$1" "$f_line"
}

for f_file in /etc/os-release /usr/lib/os-release; do
    [ -r "$f_file" ] || continue
    while IFS= read -r f_line || [ -n "$f_line" ]; do say os "$f_line"; done <"$f_file"
    break
done
f_first debian_version /etc/debian_version

f_first kernel /proc/sys/kernel/osrelease
f_first kernel_version /proc/sys/kernel/version
if [ -r /proc/sys/kernel/arch ]; then f_first machine /proc/sys/kernel/arch; else say machine "$(uname -m)"; fi
f_first nodename /proc/sys/kernel/hostname
f_node=$f_line
f_first machine_id /etc/machine-id
if [ -r /etc/hosts ]; then
    while read -r f_address f_names; do
        case " $f_names " in *[[:space:]]"$f_node"[[:space:]]*) say hosts "$f_names"; break ;; esac
    done </etc/hosts
fi

while read -r f_key f_value f_rest; do
    case $f_key in MemTotal: | MemFree: | SwapTotal:) say mem "$f_key $f_value" ;; esac
    [ "$f_key" != SwapTotal: ] || break
done </proc/meminfo
f_first cpus_online /sys/devices/system/cpu/online
f_uid=
while read -r f_key f_value f_effective f_rest; do
    case $f_key in
    Uid:) f_uid=$f_effective ;;
    Cpus_allowed_list:) say cpus_allowed "$f_value"; break ;;
    esac
done </proc/$$/status

# not where solti keeps what it can do without
if [ "$f_uid" = 0 ]; then f_kept=/etc/solti/secrets; else f_kept=$HOME/.config/solti/secrets; fi
say kept "$f_kept"

f_users=
f_homes=
f_me=
while IFS=: read -r f_name f_rest f_id f_group f_gecos f_home f_shell; do
    f_users="$f_users $f_name"
    # a home may have blanks in it
    f_homes="$f_homes:$f_name:$f_home"
    [ "$f_id" != "$f_uid" ] || [ -n "$f_me" ] || f_me=$f_name:$f_id:$f_group:$f_home:$f_shell
done </etc/passwd
# users of a directory service are not in the file
[ -n "$f_me" ] || f_me=$(id -un):$f_uid:$(id -g):$HOME:
say users "$f_users"
say homes "${f_homes#:}"
say me "$f_me"

f_tools=
for f_name in apt-get dnf dnf5 yum zypper apk pacman podman docker systemctl curl flock sudo ip; do
    command -v "$f_name" && f_tools="$f_tools $f_name"
done >/dev/null
say tools "$f_tools"

f_first init /proc/1/comm
if [ -d /run/systemd/system ]; then
    say booted systemd
    for f_file in /usr/lib/systemd/libsystemd-shared-*.so /usr/lib/*/systemd/libsystemd-shared-*.so \
        /lib/systemd/libsystemd-shared-*.so; do
        [ -e "$f_file" ] && break
    done
    if [ -e "$f_file" ]; then say systemd "${f_file##*-shared-}"; else say systemd "$(systemctl --version)"; fi
elif [ -d /run/openrc ]; then
    say booted openrc
fi
f_first enforce /sys/fs/selinux/enforce
[ ! -d /sys/kernel/security/apparmor ] || say apparmor enabled
f_first container /run/systemd/container
[ ! -e /.dockerenv ] || say container docker
[ ! -e /run/.containerenv ] || say container podman
f_first product_name /sys/class/dmi/id/product_name
f_first system_vendor /sys/class/dmi/id/sys_vendor
f_first hypervisor /sys/hypervisor/type

for f_file in /sys/class/net/*; do [ ! -d "$f_file" ] || say interface "${f_file##*/}"; done
if [ -r /proc/net/route ]; then
    while read -r f_name f_network f_gateway f_flags f_rest; do
        case $f_network in
        Destination) ;;
        # the table is sorted: the default routes come first
        00000000) say route "$f_name $f_gateway $f_rest" ;;
        *) break ;;
        esac
    done </proc/net/route
fi
case " $f_tools " in
*" ip "*)
    f_rest=$(ip -o addr)
    IFS='
'
    set -f
    for f_line in $f_rest; do say address "$f_line"; done
    set +f
    unset IFS
    ;;
*)
    # without ip: the networks of each interface, and the machine's own addresses
    if [ -r /proc/net/fib_trie ]; then
        while read -r f_name f_network f_gateway f_flags f_rest; do
            [ "$f_network" = Destination ] || say network "$f_name $f_network $f_rest"
        done </proc/net/route
        while read -r f_key f_value f_rest; do
            case $f_key in '|--' | '+--') f_address=$f_value ;; esac
            [ "$f_key $f_value $f_rest" != "/32 host LOCAL" ] || say local "$f_address"
        done </proc/net/fib_trie
    fi
    if [ -r /proc/net/if_inet6 ]; then
        while read -r f_address f_index f_prefix f_scope f_flags f_name; do
            say address6 "$f_name $f_address $f_prefix $f_scope"
        done </proc/net/if_inet6
    fi
    ;;
esac
