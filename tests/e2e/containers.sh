#!/bin/sh
# Where people run it: each surrounding lets a program have its GPU, with whichever engine.
. "$(dirname "$0")/../lib/check.sh"
container=$GUESTS/container

# holds NAME SURROUNDING...: the laws of one surrounding. It is tried with a plain program first.
holds() {
  name=$1
  shift
  law "$name: a program has the GPU"
  if ! "$@" true >/dev/null 2>"$scratch/err"; then
    skip "$(head -n 1 "$scratch/err")"
    return
  fi
  run "$@" "$VGPU_RUN" "$GUESTS/probe" /dev/nvidia0 /proc/driver/nvidia/version
  printf '%s\n' '/dev/nvidia0: mode 20666 device 195:0 access 0 open ok' \
    '/proc/driver/nvidia/version: mode 100444 access 0 open ok with content' >"$scratch/want"
  diff -u "$scratch/want" "$scratch/out" >"$scratch/diff" || fail 'the probe differs' "$(cat "$scratch/diff")" "$(shown "$name")"
  prints PASS "$@" "$VGPU_RUN" "$GUESTS/vector_add"
  prints PASS "$@" "$VGPU_RUN" sh -c 'env -i "$0" | cat' "$GUESTS/vector_add"
  law "$name: status and signals are the program's"
  ends_with 7 "$@" "$VGPU_RUN" sh -c 'exit 7'
  ends_with 143 "$@" "$VGPU_RUN" sh -c 'kill -TERM $$'
}

nobody='setpriv --reuid 65534 --regid 65534 --clear-groups'
if [ "$(id -u)" -ne 0 ]; then
  nobody=
  holds 'an ordinary user'
fi
law 'the filter refuses what it is there for (else these tests prove nothing)'
ends_with 1 "$container" unshare -m true
holds "Docker's default profile" "$container"
holds "Docker's default profile with no-new-privileges" "$container" setpriv --no-new-privs
holds 'no-new-privileges, as systemd sets it' setpriv --no-new-privs
# What a service may be shut off from: PrivateDevices, ProtectSystem=strict, PrivateTmp, an empty CapabilityBoundingSet, a
# SystemCallFilter that answers EPERM. services.sh asks a real systemd, where there may be one.
holds 'what the unit of a service forbids' bwrap --ro-bind / / --dev /dev --tmpfs /var/tmp --cap-drop ALL "$container" setpriv --no-new-privs
holds 'without CAP_SYS_PTRACE' setpriv --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace
holds 'a user namespace' unshare -Ur
holds 'user, pid and mount namespaces' unshare -Urmpf --mount-proc
holds 'bubblewrap' bwrap --dev-bind / / --unshare-user --unshare-pid --proc /proc
holds 'inside another vgpu-run' "$VGPU_RUN"
if [ -n "$nobody" ]; then
  # The folders of a build may be closed to others: what is not reachable is not what is tried here.
  if $nobody test -x "$VGPU_RUN" && $nobody test -x "$GUESTS/vector_add"; then
    holds 'an ordinary user' $nobody
    holds "an ordinary user under Docker's default profile" $nobody "$container"
    holds 'an ordinary user in a user namespace' $nobody unshare -Ur
    holds 'an ordinary user in bubblewrap' $nobody bwrap --dev-bind / / --unshare-user --unshare-pid --proc /proc
  else
    law 'an ordinary user'
    skip 'the build is in a folder that others cannot enter'
  fi
fi

law 'where descriptors cannot be taken from a guest, its directories are listed all the same, also for 32-bit programs'
"$VGPU_RUN" ls /proc/driver/nvidia >"$scratch/listed"
prints "$(cat "$scratch/listed")" "$container" "$VGPU_RUN" ls /proc/driver/nvidia
says 'NVRM version' "$container" "$VGPU_RUN" cat /proc/driver/nvidia/version
if [ -x "$GUESTS/probe32" ]; then
  says '^/proc/driver/nvidia/version: .* open ok with content' "$container" "$VGPU_RUN" "$GUESTS/probe32" /proc/driver/nvidia/version
else
  skip 'no compiler for 32-bit programs (gcc-multilib)'
fi
finish
