# What ops/up and ops/test share. Sourced with `root` set.

# The oldest nats-server that can hold a log.
NATS_MAJOR=2
NATS_MINOR=12

say() {
    printf '%s: %s\n' "${0##*/}" "$1" >&2
}

fail() {
    say "$1"
    exit 1
}

need_compilers() {
    command -v cargo >/dev/null || fail "there is no cargo: install Rust from https://rustup.rs"
    command -v cc >/dev/null || fail "there is no C compiler: install one (apt-get install gcc libc6-dev)"
}

# True if this is a nats-server that is new enough.
is_new_nats_server() {
    local said
    said=$("$1" --version 2>/dev/null) || return 1
    [[ $said =~ ^nats-server:\ v([0-9]+)\.([0-9]+) ]] || return 1
    ((BASH_REMATCH[1] > NATS_MAJOR || (BASH_REMATCH[1] == NATS_MAJOR && BASH_REMATCH[2] >= NATS_MINOR)))
}

# The one that is named, else one on PATH, else the pinned one.
need_nats_server() {
    if [[ -n ${HOMEROOM_NATS_SERVER:-} ]]; then
        is_new_nats_server "$HOMEROOM_NATS_SERVER" ||
            fail "HOMEROOM_NATS_SERVER=$HOMEROOM_NATS_SERVER is no nats-server, or older than $NATS_MAJOR.$NATS_MINOR"
        return
    fi
    if command -v nats-server >/dev/null && is_new_nats_server nats-server; then
        return
    fi
    command -v python3 >/dev/null ||
        fail "there is no python3 to get nats-server with: install it, or set HOMEROOM_NATS_SERVER to one that is $NATS_MAJOR.$NATS_MINOR or newer"
    "$root/ops/get-nats" >/dev/null
}
