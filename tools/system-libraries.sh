#!/bin/sh
# Installs the system libraries Qt needs where that is possible (Debian, as root or with sudo);
# elsewhere says which are missing and leaves it there. Costs milliseconds when none is missing.
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

known=$(PATH="$PATH:/sbin:/usr/sbin" ldconfig -p 2>/dev/null) || {
    echo "Cannot list the system's libraries (no ldconfig); if the window fails to open, see docs/development.md" >&2
    exit 0
}

missing=
packages=
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

[ -n "$packages" ] || exit 0

by_hand() {
    echo "The window needs system libraries that are missing:$missing." >&2
    echo "$1" >&2
    exit 0
}

command -v apt-get >/dev/null || by_hand "Install them with this system's package manager. Going on without."
if [ "$(id -u)" -eq 0 ]; then
    as_root=env
elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
    as_root="sudo env"
else
    by_hand "Install them with: apt-get install$packages (needs root). Going on without."
fi

echo "Installing system libraries for Qt:$packages"
apt="$as_root DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0"
# shellcheck disable=SC2086
{ $apt update && $apt install -y --no-install-recommends $packages; } >/dev/null ||
    by_hand "apt-get could not install$packages; see its message above. Going on without."
