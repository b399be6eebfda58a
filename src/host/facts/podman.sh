# As the package has it that the podman in the path is of: podman itself takes ten times as long to start as dpkg-query.
podman_version() {
    f_line=
    case $(command -v podman) in
    /usr/bin/podman | /bin/podman) f_line=$(dpkg-query -W -f='${db:Status-Abbrev}:${Version}' podman 2>/dev/null) ;;
    esac
    # 4:5.4.2+ds1-2 is 5.4.2; of one before its release podman says more than the package does
    f_version=${f_line##*:}
    f_version=${f_version%%[+-]*}
    case $f_line in
    ?i*) case $f_version in *[!0-9.]* | '') ;; *) printf '%s\n' "$f_version"; return ;; esac ;;
    esac
    podman --version
}
