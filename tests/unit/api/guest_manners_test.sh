#!/bin/sh
# A library for other people's processes needs nothing but the C library, has no text relocations and
# no symbol that the dynamic linker would share with the program's own C++ run-time.
# usage: guest_manners_test.sh LIBRARY
set -eu
needed=$(readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
for library in $needed; do
  case $library in
    libc.so.6 | libm.so.6 | libdl.so.2 | librt.so.1 | libpthread.so.0 | ld-linux-x86-64.so.2) ;;
    *) echo "$(basename "$1") needs $library"; exit 1 ;;
  esac
done
if readelf -d "$1" | grep -q TEXTREL; then echo "text relocations"; exit 1; fi
if nm -D "$1" | grep ' u '; then echo "unique symbols are visible"; exit 1; fi
soname=$(readelf -d "$1" | sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p')
test "$soname" = "$(basename "$1")" || { echo "SONAME is $soname"; exit 1; }
echo "$soname needs: $(echo $needed)"
