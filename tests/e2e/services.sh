#!/bin/sh
# vgpu-run in the units of a real systemd, which a container of systemd-nspawn boots from the machine's own /usr.
. "$(dirname "$0")/../lib/check.sh"
units=$scratch/units
mkdir -p "$units" "$scratch/said"
build=$(cd "$(dirname "$VGPU_RUN")/.." && pwd)
# nspawn COMMAND OPTION...: a container; every file that is not in /usr is gone with it.
nspawn='systemd-nspawn --quiet --directory=/ --volatile=yes --register=no --keep-unit'

law 'a container of systemd-nspawn'
command -v systemd-nspawn >/dev/null && [ -x /usr/lib/systemd/systemd ] || { skip 'systemd-container is not installed'; finish; }
[ "$(id -u)" -eq 0 ] || { skip 'only root may make one'; finish; }
timeout 30 $nspawn --as-pid2 --pipe true >/dev/null 2>"$scratch/err" || { skip "$(head -n 1 "$scratch/err")"; finish; }
gpu='^GPU 0: '
says "$gpu" "$VGPU_RUN" $nspawn --as-pid2 --pipe nvidia-smi -L
says '^version$' "$VGPU_RUN" $nspawn --as-pid2 --pipe ls /proc/driver/nvidia

# unit NAME COMMAND [LINE...]: a service with these lines, whose output is kept.
names=
unit() {
  name=$1 command=$2
  shift 2
  names="$names $name.service"
  {
    printf '[Unit]\nDefaultDependencies=no\n[Service]\nType=oneshot\n'
    printf 'Standard%s=append:/said/'"$name"'\n' Output Error
    printf 'Environment=VGPU_ENGINE=%s\n' "${VGPU_ENGINE:-auto}"
    [ $# -eq 0 ] || printf '%s\n' "$@"
    printf 'ExecStart=%s\nExecStopPost=/bin/sh -c "echo status $EXIT_STATUS"\n' "$command"
  } >"$units/$name.service"
}
look="'nvidia-smi -L; ls /proc/driver/nvidia; exit 7'"
with_gpu="$VGPU_RUN sh -c $look"
filter=SystemCallFilter=@system-service
unit plain "$with_gpu"
unit unprivileged "$with_gpu" NoNewPrivileges=yes
unit confined "$with_gpu" PrivateDevices=yes ProtectSystem=strict PrivateTmp=yes ProtectProc=invisible ProtectKernelTunables=yes \
  RestrictNamespaces=yes LockPersonality=yes MemoryDenyWriteExecute=yes 'RestrictAddressFamilies=AF_UNIX AF_INET'
unit filtered "$with_gpu" "$filter seccomp @debug"
unit filtered_with_error "$with_gpu" "$filter seccomp @debug" SystemCallErrorNumber=EPERM
unit forbidden "$with_gpu" "$filter"
unit forbidden_with_error "$with_gpu" "$filter" SystemCallErrorNumber=EPERM
unit half_forbidden "$with_gpu" "$filter seccomp"
transient='systemd-run --quiet --property=Type=oneshot --property=DefaultDependencies=no'
unit from_outside "$transient --property=StandardOutput=append:/said/from_outside $VGPU_RUN sh -c $look"
unit to_outside "$VGPU_RUN $transient --property=StandardError=append:/said/to_outside ls /proc/driver/nvidia"
unit scope "$VGPU_RUN systemd-run --quiet --scope sh -c $look"
# All one after the other, each whatever became of the others; then the container ends.
cat >"$units/all.service" <<END
[Unit]
DefaultDependencies=no
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'for name in$names; do systemctl start \$name; done; systemctl poweroff --force'
END

law 'a systemd boots and starts the units'
run $nspawn --boot --bind-ro="$build" --bind="$scratch/said:/said" --bind-ro="$units:/run/systemd/system" -- --unit=all.service
# said NAME REGEX...: the unit said lines like these.
said() {
  name=$1
  shift
  for line in "$@"; do
    grep -qE -- "$line" "$scratch/said/$name" 2>/dev/null || fail "$name: no line like: $line" "$(cat "$scratch/said/$name" 2>&1)" "$(tail -n 5 "$scratch/out")"
  done
}
for name in plain unprivileged confined filtered filtered_with_error; do
  law "a service, $name: has the GPU, all its files, and the status is the program's"
  said $name "$gpu" '^version$' '^status 7$'
done
for name in forbidden forbidden_with_error half_forbidden; do
  law "a service, $name: says what forbids it and what to do"
  said $name 'vgpu-run: .*SystemCallFilter=seccomp @debug' '^status 125$'
done
law 'a transient unit around vgpu-run and a scope inside have the GPU'
said from_outside "$gpu" '^version$' '^status 1$' # the transient unit has failed
said scope "$gpu" '^version$' '^status 7$'
law 'a transient unit that a guest asks for is outside the tree'
said to_outside '^status '
if [ -e /proc/driver/nvidia ]; then skip 'this machine has a GPU'; else said to_outside "ls: cannot access '/proc/driver/nvidia'"; fi
finish
