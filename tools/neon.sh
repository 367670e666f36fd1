#!/bin/sh
# neon.sh FOLDER: builds the core for AArch64 in a folder, and runs its tests in C under an emulator.
#
# Needs a cross compiler and qemu (Debian: gcc-aarch64-linux-gnu libc6-dev-arm64-cross
# qemu-user-static).  Where these are installed `./numoon test` runs this too; it takes six minutes.
set -eu
source=$(cd "$(dirname "$0")/.." && pwd)
folder=$1
libraries=/usr/aarch64-linux-gnu

mkdir -p "$folder"
{
  cmake -S "$source" -B "$folder" -G Ninja -DCMAKE_BUILD_TYPE=Release -DNUMOON_WERROR=ON \
    -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64 \
    -DCMAKE_C_COMPILER=aarch64-linux-gnu-gcc -DCMAKE_FIND_ROOT_PATH=$libraries \
    -DCMAKE_FIND_ROOT_PATH_MODE_INCLUDE=ONLY -DCMAKE_FIND_ROOT_PATH_MODE_LIBRARY=ONLY \
    -DNUMOON_VULKAN=OFF &&
  cmake --build "$folder" --target api_test device_test
} >"$folder/log" 2>&1 || { tail -n 40 "$folder/log"; exit 1; }
for program in "api_test" "device_test cpu"; do
  # shellcheck disable=SC2086
  NUMOON_CPU=neon qemu-aarch64-static -L $libraries "$folder"/$program || echo "0 passed, 1 failed"
done | awk '
  { print }
  /^[0-9]+ passed, [0-9]+ failed$/ { good += $1; bad += $3; told++ }
  END { if (told < 2) bad++; printf "%d passed, %d failed\n", good, bad; exit bad > 0 }'
