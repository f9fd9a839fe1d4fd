"""What osism leaves on a SONiC switch: one shell script and its state.

SONiC keeps checkpoints and replaces configurations, but knows no commit that has to be confirmed.
The script adds that, under a lock, so that every step is one command of the manager and goes to its
end on the switch whatever becomes of the connection. In its directory there are

``deploy-<digest>``  the script; an older one stays, a timer may still need it
``state``            ``<state> <id> <boot>``: staged, pending, saving, confirmed or reverted
``checkpoints``      the names of the checkpoints that it made
``candidate``        the whole configuration while it is being replaced, mode 600
``*.log``            what SONiC said last, for people

A timer of systemd takes back what nobody confirms. It is gone after a restart, and so is what it
was for: the configuration that SONiC starts with is saved by ``confirm`` only.
"""

from __future__ import annotations

from hashlib import sha256

#: A file whose text is another one after each start of the machine.
BOOT = "/proc/sys/kernel/random/boot_id"

#: Exit codes of the script: not in that state, refused by SONiC, cannot be taken back, busy.
WRONG_STATE, REFUSED, STUCK, BUSY = 3, 4, 5, 6

_SCRIPT = r"""#!/bin/sh
# A configuration that has to be confirmed, for osism. See docs/drivers/sonic.md there.
#   deploy WAIT stage ID | commit ID SECONDS GUARD <candidate | confirm ID | revert ID | expire ID
# An ID of - is whatever was committed last. By hand: sh deploy-... 60 revert -
umask 077
trap '' HUP PIPE
cd "$(dirname "$0")" || exit 70
here=$(pwd) self=$(basename "$0") boot=$(cat '@BOOT@')
wait=$1 verb=$2 asked=$3
say() { echo "$1" >&2; }
load() { state=none id=- booted=$boot; if [ -f state ]; then read -r state id booted <state; fi; }
save() { echo "$1 $2 $boot" >state.new && sync state.new && mv state.new state && state=$1 id=$2; }
arm() {
    systemd-run --quiet --collect --unit="osism-$1-$id" --on-active="$2" --on-unit-inactive=60 \
        --timer-property=AccuracySec=1s /bin/sh "$here/$self" "$wait" expire "$id" \
        >arm.log 2>&1 9>&-
}
disarm() { systemctl stop "osism-guard-$id.timer" "osism-revert-$id.timer" >/dev/null 2>&1 9>&-; }
told() { sed -n '/^Error:/,$p' "$1" | head -c 2000 >&2; }
take_back() {
    config rollback "osism-$id" >rollback.log 2>&1 9>&- ||
        config reload -y -f "/etc/sonic/checkpoints/osism-$id.cp.json" >>rollback.log 2>&1 9>&- ||
        return 1
    case $state in
        saving | confirmed) config save -y >save.log 2>&1 9>&- || return 1 ;;
    esac
    save reverted "$id" && disarm
    return 0
}
must_take_back() {
    take_back && return
    told rollback.log
    say "the configuration before cannot be brought back (osism-$id)"
    exit 5
}
forget() {
    for name in $(cat checkpoints 2>/dev/null); do
        [ "$name" = "osism-$id" ] || config delete-checkpoint "$name" >/dev/null 2>&1 9>&-
    done
    echo "osism-$id" >checkpoints
}
exec 9>>lock
if [ "$verb" = expire ]; then flock 9; elif ! flock -w "$wait" 9; then
    say 'another deployment is under way there'
    exit 6
fi
load
case $verb in
    stage)
        case $state in pending | saving) must_take_back ;; esac
        rm -f candidate
        save staged "$asked" || exit 70
        ;;
    commit)
        if [ "$state $id" != "staged $asked" ]; then
            say 'another session has staged or committed since'
            exit 3
        fi
        cat >candidate || exit 70
        echo "osism-$id" >>checkpoints
        if ! config checkpoint "osism-$id" >replace.log 2>&1 9>&-; then
            rm -f candidate
            told replace.log
            exit 4
        fi
        if ! { arm guard "$5" && save pending "$id"; }; then
            rm -f candidate
            say 'no timer can be set to take it back'
            exit 4
        fi
        config replace "$here/candidate" >replace.log 2>&1 9>&-
        code=$?
        rm -f candidate
        if [ $code = 0 ]; then
            arm revert "$4" && systemctl stop "osism-guard-$id.timer" >/dev/null 2>&1 9>&- && exit 0
            say 'no timer can be set to take it back'
        fi
        told replace.log
        must_take_back
        exit 4
        ;;
    confirm)
        if [ "$asked" != - ] && [ "$asked" != "$id" ]; then
            say 'the commit has been taken back: another one came after it'
            exit 3
        fi
        case $state in
            pending | saving)
                if [ "$booted" != "$boot" ]; then
                    must_take_back
                    say 'the commit has been taken back: the switch has restarted'
                    exit 3
                fi
                save saving "$id" || exit 70
                if ! config save -y >save.log 2>&1 9>&-; then
                    told save.log
                    exit 4
                fi
                save confirmed "$id" || exit 70
                disarm
                forget
                ;;
            confirmed) ;;
            *)
                say 'there is no commit to confirm, or it has been taken back'
                exit 3
                ;;
        esac
        ;;
    revert)
        [ "$asked" = - ] || [ "$asked" = "$id" ] || exit 0
        case $state in pending | saving | confirmed) must_take_back ;; esac
        ;;
    expire)
        [ "$asked" = "$id" ] || exit 0
        case $state in
            pending | saving) must_take_back ;;
            *) disarm ;;
        esac
        ;;
    *) exit 64 ;;
esac
exit 0
"""


def script() -> str:
    """The script, as it is on the switch."""
    return _SCRIPT.replace("@BOOT@", BOOT)


def name(text: str) -> str:
    """The name of the script's file."""
    return f"deploy-{sha256(text.encode()).hexdigest()[:12]}"
