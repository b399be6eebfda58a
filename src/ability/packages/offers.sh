offers() { apt-cache -o APT::Cmd::Pattern-Only=true policy "$@" 2>/dev/null | { seen=' '
while read -r word rest; do case $word in
  Candidate:) seen="$seen$name "; say candidate "$name $rest" ;;
  Installed: | Version | Package) ;;
  *:) name=${word%:} version= ;;
  *)
    case $word in '***') word=${rest%% *} rest=${rest#* } ;; esac
    case ${rest%% *} in
    *[!0-9-]*) case $rest in /var/lib/dpkg/status) ;; *) [ -z "$version" ] || say offer "$name $version"; version= ;; esac ;;
    *) version=$word ;;
    esac ;;
esac; done
for name do case $seen in *" $name "* | *" ${name%:*} "*) ;; *) say unlisted "$name" ;; esac; done; }; }
