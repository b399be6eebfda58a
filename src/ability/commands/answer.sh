answer() { case $3 in
'') say answer "$1" "$2" = ;;
*[!0-9A-Za-z\ ./:_@%+,-]*) say answer "$1" "$2" "=$(printf '%s' "$3" | head -c 65536 | base64 | tr -d '\n')" ;;
*) say answer "$1" "$2" "+$3" ;;
esac; }
