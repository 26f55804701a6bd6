#!/bin/sh
# Installs the system libraries Qt needs where that is possible (Debian, as root or with sudo);
# elsewhere says which are missing and leaves it there. Costs milliseconds when none is missing.
# With the word "tests" the same for programs of others that the tests ask: validators and an archive.
set -eu

[ "$(uname -s)" = Linux ] || exit 0

# shared library, Debian package that brings it: the first seven for any use of Qt, the rest for an X screen
libraries='
libglib-2.0.so.0        libglib2.0-0
libGL.so.1              libgl1
libEGL.so.1             libegl1
libxkbcommon.so.0       libxkbcommon0
libfreetype.so.6        libfreetype6
libfontconfig.so.1      libfontconfig1
libdbus-1.so.3          libdbus-1-3
libxcb-cursor.so.0      libxcb-cursor0
libxcb-icccm.so.4       libxcb-icccm4
libxcb-image.so.0       libxcb-image0
libxcb-keysyms.so.1     libxcb-keysyms1
libxcb-randr.so.0       libxcb-randr0
libxcb-render-util.so.0 libxcb-render-util0
libxcb-shape.so.0       libxcb-shape0
libxcb-xkb.so.1         libxcb-xkb1
libxkbcommon-x11.so.0   libxkbcommon-x11-0
'

# file, Debian package that brings it; some 150 MB to fetch, most of it Java
programs='
/usr/bin/dcm2json                                    dcmtk
/usr/sbin/Orthanc                                    orthanc
/usr/share/orthanc/plugins/libOrthancDicomWeb.so     orthanc-dicomweb
/usr/share/java/pixelmed.jar                         libpixelmed-java
/usr/bin/java                                        default-jre-headless
'

missing=
packages=

look_for_libraries() {
    known=$(PATH="$PATH:/sbin:/usr/sbin" ldconfig -p 2>/dev/null) || {
        echo "Cannot list the system's libraries (no ldconfig); if the window fails to open, see docs/development.md" >&2
        exit 0
    }
    while read -r library package; do
        [ -n "$library" ] || continue
        case $known in
            *"$library "*) ;;
            *) missing="$missing $library" packages="$packages $package" ;;
        esac
    done <<LIST
$libraries
LIST

    # Text without any font is drawn as boxes.
    if [ -z "$(find -L /usr/share/fonts /usr/local/share/fonts "${HOME:-}/.fonts" "${HOME:-}/.local/share/fonts" \
            \( -name '*.ttf' -o -name '*.otf' \) -print -quit 2>/dev/null)" ]; then
        missing="$missing (a font)" packages="$packages fonts-dejavu-core"
    fi
}

look_for_programs() {
    while read -r file package; do
        [ -n "$file" ] || continue
        [ -e "$file" ] || { missing="$missing ${file##*/}"; packages="$packages $package"; }
    done <<LIST
$programs
LIST
}

by_hand() {
    echo "$without:$missing." >&2
    echo "$1" >&2
    exit 0
}

# The packages of servers start them; the tests start their own, and nobody else asked for one.
without_starting_servers() {
    held=/usr/sbin/policy-rc.d
    if $as_root test -e "$held"; then
        "$@"
        return
    fi
    printf '#!/bin/sh\nexit 101\n' | $as_root tee "$held" >/dev/null && $as_root chmod 755 "$held"
    trap '$as_root rm -f "$held"' EXIT
    trap 'exit 1' HUP INT TERM
    status=0
    "$@" || status=$?
    $as_root rm -f "$held"
    if [ -d /run/systemd/system ]; then
        case $packages in
            *" orthanc"*) $as_root systemctl --quiet disable orthanc 2>/dev/null || true ;;
        esac
    fi
    return "$status"
}

install_packages() {
    # shellcheck disable=SC2086
    { $apt update && $apt install -y --no-install-recommends $packages; } >/dev/null
}

if [ "${1:-}" = tests ]; then
    what="programs for the tests"
    without="Tests that ask programs of others are skipped, for these are missing"
    look_for_programs
else
    what="system libraries for Qt"
    without="The window needs system libraries that are missing"
    look_for_libraries
fi

[ -n "$packages" ] || exit 0

command -v apt-get >/dev/null || by_hand "Install them with this system's package manager. Going on without."
if [ "$(id -u)" -eq 0 ]; then
    as_root=env
elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
    as_root="sudo env"
else
    by_hand "Install them with: apt-get install$packages (needs root). Going on without."
fi

echo "Installing $what:$packages"
apt="$as_root DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0"
without_starting_servers install_packages ||
    by_hand "apt-get could not install$packages; see its message above. Going on without."
