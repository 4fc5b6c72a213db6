#!/bin/sh
# The escape matrix: matrix.sh PROGRAM. However a file is spelled and whoever asks, a virtual file answers as a real file of
# its kind does without vgpu-run, and a real file answers the same with it.
. "$(dirname "$0")/../lib/check.sh"
program=$1
[ -x "$program" ] || { echo "SKIP: matrix: $program was not built: its compiler is not here"; exit 77; }

# as_user COMMAND...: as the user whose turn it is.
as_user() {
  if [ "$user" = root ]; then "$@"; else setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; fi
}

# folder NAME: a fresh one, prepared for the file $2/$3, in $prepared.
folder() {
  prepared=$scratch/$user/$1
  rm -rf "$prepared"
  as_user mkdir -p "$prepared"
  as_user "$scratch/matrix" --prepare "$2" "$3" "$prepared"
}

# What the kernel does not know it cannot mount, take for a root or find an interpreter by; and the real link stands beside other mounts.
left_out() {
  case $1 in
    file) echo '^(chroot to the folder|bind mount|PT_INTERP by way of the folder):' ;;
    link) echo '^(chroot to the folder|bind mount|RESOLVE_NO_XDEV from the root|PT_INTERP by way of the folder):' ;;
    library)
      # The real one is a program too, and has lost its loader. What its descriptor is is our own file: whoever built that may
      # write it.
      if [ "$(id -u)" -ne 0 ] && [ -w "$source" ]; then
        echo '^(chroot to the folder: exec|O_PATH(.O_NOFOLLOW)?, then AT_EMPTY_PATH: access)'
      else
        echo '^chroot to the folder: exec'
      fi
      ;;
    *) echo '^$' ;;
  esac
}

# same KIND DIR NAME REFERENCE_DIR REFERENCE_NAME
same() {
  law="$user: a virtual $1 ($2/$3) answers as a real one ($4/$5)"
  laws=$((laws + 1))
  folder reference "$4" "$5"
  as_user timeout -k 5 100 "$scratch/matrix" "$4" "$5" "$prepared" 2>"$scratch/skipped" | sed "s,$scratch/real/,/,g" |
    grep -vE "$(left_out "$1")" >"$scratch/want"
  sort -u "$scratch/skipped" -o "$scratch/skipped"
  cat "$scratch/skipped"
  folder virtual "$2" "$3"
  as_user timeout -k 5 100 "$VGPU_RUN" "$scratch/matrix" "$2" "$3" "$prepared" >"$scratch/all" 2>"$scratch/err"
  status=$?
  sed "s,$source,DIR/NAME,g" "$scratch/all" | grep -vE "$(left_out "$1")" >"$scratch/out"
  sort -u "$scratch/err" | diff - "$scratch/skipped" | sed -n 's/^> /  /p'
  [ $status -eq 0 ] || fail "status $status"
  diff "$scratch/want" "$scratch/out" >"$scratch/diff" || fail "$(grep '^[<>]' "$scratch/diff" | sed 's/^</wanted/; s/^>/got   /' | head -60)"
  cells=$(wc -l <"$scratch/want")
  [ "$cells" -gt 300 ] || fail "only $cells cells"
  law="$user: a real file ($4/$5) answers as without vgpu-run"
  folder reference "$4" "$5"
  as_user timeout -k 5 100 "$VGPU_RUN" "$scratch/matrix" "$4" "$5" "$prepared" 2>/dev/null | sed "s,$scratch/real/,/,g" |
    grep -vE "$(left_out "$1")" >"$scratch/out"
  diff "$scratch/want" "$scratch/out" >"$scratch/diff" || fail "$(grep '^[<>]' "$scratch/diff" | sed 's/^</wanted/; s/^>/got   /' | head -60)"
}

cp "$program" "$scratch/matrix"
if [ -x "${program%/*}/asker" ]; then
  cp "${program%/*}/asker" "$scratch/asker"
  export MATRIX_GO="$scratch/asker"
fi
libraries=/usr/lib/x86_64-linux-gnu
driver=$("$VGPU_RUN" sh -c "cd $libraries && echo libcuda.so.*.*")
# A library has to be mapped, so its descriptor is that of our own file.
source=$("$VGPU_RUN" --dry-run true | sed -n "s,.* $libraries/$driver = ,,p")
if [ "$(id -u)" -ne 0 ] && [ -w "$source" ]; then
  echo "SKIP: matrix: access by a library's descriptor: this user may write $source"
fi
users=ordinary
[ "$(id -u)" -ne 0 ] || users='root ordinary'
if [ "$(id -u)" -eq 0 ]; then
  mkdir -p "$scratch/real/dev/char"
  mknod -m 666 "$scratch/real/dev/nvidia0" c 1 5 2>/dev/null && ln -s ../nvidia0 "$scratch/real/dev/char/195:0"
fi
for user in $users; do
  [ "$(id -u)" -eq 0 ] || user=root  # nothing to change to
  mkdir -p "$scratch/$user"
  [ "$user" = root ] || chown 65534:65534 "$scratch/$user"
  same device /dev nvidia0 /dev zero
  same file /proc/driver/nvidia version /proc version
  same folder /proc/driver nvidia /proc tty
  kind=$(stat -c '%F %a' "$source")
  for file in "$libraries"/lib*.so.*; do
    [ "$(stat -c '%F %a' "$file")" = "$kind" ] && break
  done
  same library "$libraries" "$driver" "$libraries" "$(basename "$file")"
  if [ -e "$scratch/real/dev/char/195:0" ]; then
    same link /dev/char 195:0 "$scratch/real/dev/char" 195:0
  else
    law='a virtual link answers as a real one'
    skip 'only root can make a device to link to'
  fi
done
finish
