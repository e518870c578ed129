#!/bin/sh
# Installs Apus on Linux: the executable, a system user and a systemd service. Run it again to
# upgrade; models and unit overrides stay.
#
# usage: sh install.sh [--uninstall]
#
# APUS_BINARY    executable to install (default: the one that `swift build -c release` left here)
# APUS_BASE_URL  where to download `apus-linux-amd64.tgz` or `apus-linux-arm64.tgz` from instead;
#                the archive holds bin/apus. A mirror is another value of this variable.
# APUS_ROOT      folder that stands for / (for images and tests): no user is made and no service
#                started in it
#
# `--uninstall` removes the service with its overrides, the executable, the user and the user's home with
# its models.
set -eu

ROOT=${APUS_ROOT:-}
HOME_DIR=/usr/share/apus
UNIT=$ROOT/etc/systemd/system/apus.service

status() { echo ">>> $*" >&2; }
warning() { echo "WARNING: $*" >&2; }
fail() {
    echo "ERROR: $*" >&2
    exit 1
}
has() { command -v "$1" >/dev/null 2>&1; }

[ "$(uname -s)" = Linux ] || fail "This script is for Linux; on macOS run: swift build -c release"
case "$(uname -m)" in
    x86_64) ARCH=amd64 ;;
    aarch64 | arm64) ARCH=arm64 ;;
    *) fail "Unsupported architecture: $(uname -m)" ;;
esac

SUDO=
if [ -z "$ROOT" ] && [ "$(id -u)" -ne 0 ]; then
    has sudo || fail "This script requires superuser permissions. Please re-run as root."
    SUDO=sudo
fi

# The first of these that is on the path.
BINDIR=/usr/local/bin
for folder in /usr/local/bin /usr/bin /bin; do
    case ":$PATH:" in *":$folder:"*)
        BINDIR=$folder
        break
        ;;
    esac
done
BASE=${BINDIR%/bin}

has_systemd() { [ -z "$ROOT" ] && has systemctl; }

uninstall() {
    if has_systemd; then
        $SUDO systemctl disable --now apus.service 2>/dev/null || true
    fi
    $SUDO rm -rf "$UNIT.d"
    $SUDO rm -f "$UNIT" "$ROOT$BINDIR/apus" \
        "$ROOT$BASE/share/man/man1/apus.1" \
        "$ROOT$BASE/share/bash-completion/completions/apus"
    # Fails where systemd is installed but does not run.
    if has_systemd; then $SUDO systemctl daemon-reload 2>/dev/null || true; fi
    if [ -z "$ROOT" ] && id apus >/dev/null 2>&1; then
        $SUDO userdel apus || true
        if getent group apus >/dev/null 2>&1; then $SUDO groupdel apus || true; fi
    fi
    $SUDO rm -rf "$ROOT$HOME_DIR"
    status "Apus is removed."
}

case "${1:-}" in
    "") ;;
    --uninstall)
        uninstall
        exit 0
        ;;
    *) fail "unknown argument: $1 (usage: sh install.sh [--uninstall])" ;;
esac

TEMPORARY=$(mktemp -d)
trap 'rm -rf "$TEMPORARY"' EXIT

find_binary() {
    if [ -n "${APUS_BINARY:-}" ]; then
        [ -f "$APUS_BINARY" ] || fail "APUS_BINARY is \"$APUS_BINARY\": no such file"
        BINARY=$APUS_BINARY
    elif [ -n "${APUS_BASE_URL:-}" ]; then
        has curl || fail "curl is needed to download Apus"
        status "Downloading apus-linux-$ARCH.tgz"
        curl --fail --show-error --location --progress-bar \
            "${APUS_BASE_URL%/}/apus-linux-$ARCH.tgz" -o "$TEMPORARY/apus.tgz" ||
            fail "$APUS_BASE_URL cannot be read"
        tar -xzf "$TEMPORARY/apus.tgz" -C "$TEMPORARY"
        BINARY=$TEMPORARY/bin/apus
    else
        BINARY=$(dirname "$0")/.build/static/apus
        [ -f "$BINARY" ] || fail "no executable: run Packaging/static first, or set APUS_BINARY or APUS_BASE_URL"
    fi
    "$BINARY" help >/dev/null 2>&1 || fail "$BINARY does not run on this machine"
}
find_binary

status "Installing apus to $BASE"
$SUDO install -d -m 755 "$ROOT$BINDIR" "$ROOT$BASE/share/man/man1" \
    "$ROOT$BASE/share/bash-completion/completions"
# Renamed into place: a running server keeps the file that it started from.
$SUDO install -m 755 "$BINARY" "$ROOT$BINDIR/.apus.new"
$SUDO mv -f "$ROOT$BINDIR/.apus.new" "$ROOT$BINDIR/apus"
"$BINARY" man >"$TEMPORARY/apus.1"
"$BINARY" completion bash >"$TEMPORARY/completion"
$SUDO install -m 644 "$TEMPORARY/apus.1" "$ROOT$BASE/share/man/man1/apus.1"
$SUDO install -m 644 "$TEMPORARY/completion" "$ROOT$BASE/share/bash-completion/completions/apus"

if [ -z "$ROOT" ]; then
    if ! id apus >/dev/null 2>&1; then
        status "Creating apus user..."
        $SUDO useradd -r -s /bin/false -U -m -d "$HOME_DIR" apus
    fi
    if [ "$(id -un)" != root ]; then
        status "Adding current user to apus group..."
        $SUDO usermod -a -G apus "$(id -un)"
    fi
fi

status "Creating apus systemd service..."
cat >"$TEMPORARY/apus.service" <<EOF
[Unit]
Description=Apus Service
After=network-online.target
Wants=network-online.target

[Service]
ExecStart=$BINDIR/apus serve
User=apus
Group=apus
Restart=always
RestartSec=3
Environment="PATH=$PATH"

[Install]
WantedBy=default.target
EOF
$SUDO install -D -m 644 "$TEMPORARY/apus.service" "$UNIT"

if has_systemd; then
    case "$(systemctl is-system-running 2>/dev/null || true)" in
        running | degraded)
            status "Enabling and starting apus service..."
            $SUDO systemctl daemon-reload
            $SUDO systemctl enable apus.service
            $SUDO systemctl restart apus.service
            status "The Apus API is now available at 127.0.0.1:11434."
            ;;
        *) warning "systemd is not running" ;;
    esac
fi
if [ -d "$ROOT/usr/share/ollama/.ollama/models" ]; then
    status "Models of Ollama are in /usr/share/ollama/.ollama/models: set OLLAMA_MODELS to use them."
fi
status 'Install complete. Run "apus" from the command line.'
