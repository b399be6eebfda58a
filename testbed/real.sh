#!/usr/bin/env bash
# Asks the real programs what their stand-ins are asked (tests/contract/), and tries all scenarios with them.
#
#   real.sh [NAME=PATH|NAME=IMAGE...]    NAME is loki, alloy, influxd, telegraf or grafana
#
# Without arguments: the images that the roles use, where podman has them already or a registry answers; when all five are
# there, the scenarios too. With arguments: those programs alone, and no scenario.
# Ends with 0 where all were asked and none said otherwise, with 1 where one did, and with 77 where nobody could be asked, or
# not all: it says whom.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=${here%/testbed}
work=$(mktemp -d "${TMPDIR:-/tmp}/solti-real.XXXXXX")
trap 'rm -rf "$work"' EXIT
all=(loki alloy influxd telegraf grafana)

say() { printf 'real.sh: %s\n' "$*"; }

# The image that the role of a program uses: image NAME
image() {
  local role=${1/influxd/influxdb} repository version
  repository=$(sed -nE "s|^ +default: (docker.io/[a-z/]+:v?)\{\{.*|\1|p" "$top/roles/$role/role.yml")
  version=$(sed -nE "/^  ${role}_version:/,/default:/s/.*default: \"\{\{ '([^']+)' if.*/\1/p" "$top/roles/$role/role.yml")
  [ -n "$repository" ] && [ -n "$version" ] || {
    say "roles/$role/role.yml does not say which image it uses" >&2
    exit 1
  }
  echo "$repository$version"
}

# Whether an image has a program of this project in it, which plays the real one.
is_stand_in() {
  local container found=1
  container=$(podman create "$1" 2>/dev/null)
  if podman cp "$container:/usr/share/solti-standins" - >/dev/null 2>&1; then found=0; fi
  podman rm "$container" >/dev/null
  return $found
}

named=() missing=() images=()
if [ $# -gt 0 ]; then
  named=("$@")
else
  command -v podman >/dev/null || {
    say 'nobody can be asked: this machine has no podman to run images with'
    exit 77
  }
  answers=no
  for name in "${all[@]}"; do
    image=$(image "$name")
    if ! podman image exists "$image"; then
      if [ $answers = no ] && ! timeout 15 podman manifest inspect "$image" >/dev/null 2>&1; then answers=never; fi
      if [ $answers = never ] || ! timeout 900 podman pull -q "$image" >/dev/null; then
        missing+=("$image")
        continue
      fi
      answers=yes
    fi
    if is_stand_in "$image"; then
      missing+=("$image (what podman has of that name is a stand-in)")
      continue
    fi
    named+=("$name=$image") images+=("$image")
  done
  if [ ${#named[@]} = 0 ]; then
    say 'nobody was asked: no registry answers for these images, and podman does not have them:'
    printf '  %s\n' "${missing[@]}"
    exit 77
  fi
fi

say "asks ${named[*]}"
status=0
# shellcheck source=images/driver.sh
. "$here/images/driver.sh"
machine_limits
(cd "$top" && SOLTI_CONTRACT="${named[*]}" SOLTI_CONTRACT_RUN="${limits[*]}" cargo test --locked --quiet --test contract -- "${named[@]/%=*/::}") || status=1

if [ ${#images[@]} = ${#all[@]} ]; then
  mkdir "$work/images" "$work/project"
  for image in "${images[@]}"; do podman save -q -o "$work/images/$(tr -c 'a-z0-9\n' - <<<"$image").tar" "$image"; done
  cp -r "$top/roles" "$top/playbooks" "$top/inventories" "$top/molecule-tests" "$work/project/"
  # the report stays
  rm -rf "$work/project/molecule-tests/output"
  mkdir -p "$top/molecule-tests/output"
  ln -s "$top/molecule-tests/output" "$work/project/molecule-tests/output"
  # Packages come from where the vendors have them. Who answers for no image answers for no package either.
  backends=
  if [ "$answers" = no ] && ! timeout 15 podman manifest inspect "${images[0]}" >/dev/null 2>&1; then
    say 'no registry answers, so packages are not tried: telegraf and alloy are containers, too'
    backends='telegraf_backend: container, alloy_backend: container'
  fi
  for platform in debian13 debian12; do
    printf '%s:\n  image: %s\n  mounts: ["%s:/srv/images"]\n  prepare: %s\n  vars: { %s }\n' "$platform" "$platform" "$work/images" \
      'for image in /srv/images/*.tar; do podman load -q -i "$image" >/dev/null || exit; done' "$backends"
  done >"$work/project/molecule-tests/platforms.yml"
  say 'tries the scenarios with them'
  (cd "$top" && cargo build --locked --quiet)
  (cd "$work/project" && SOLTI_TEST_STANDINS=no "$top/target/debug/solti" test) || status=1
elif [ $# = 0 ]; then
  say 'not asked, for no registry answers and podman does not have them, and so no scenario was tried:'
  printf '  %s\n' "${missing[@]}"
  [ $status != 0 ] || status=77
fi
exit $status
