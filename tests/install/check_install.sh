#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs a build to a folder of its own and uses it from there: a CMake consumer, Python, grcc, the program.
# Usage: check_install.sh BUILD_DIR WORK_DIR PYTHON CMAKE
set -eu
build=$1 work=$2 python=$3 cmake=$4
here=$(cd "$(dirname "$0")" && pwd)
rm -rf "$work"
mkdir -p "$work/home"
export HOME="$work/home"
unset PYTHONPATH GRC_BLOCKS_PATH LD_LIBRARY_PATH || true
prefix=$work/prefix

"$cmake" --install "$build" --prefix "$prefix" > "$work/install.log"
if grep -rlI --include='*.cmake' -e "$build" "$prefix"; then
  echo "the files above name the build folder" >&2
  exit 1
fi

"$cmake" -S "$here/consumer" -B "$work/consumer" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_BUILD_TYPE=Release > "$work/consumer.log"
"$cmake" --build "$work/consumer" >> "$work/consumer.log"
"$work/consumer/core_user" > /dev/null
echo "consumer of spacesail::core: built and run"
if [ -x "$work/consumer/block_user" ]; then
  "$work/consumer/block_user" > /dev/null
  echo "consumer of spacesail::gnuradio-spacesail: built and run"
fi

package=$(find "$prefix" -path '*/gnuradio/spacesail/__init__.py')
if [ -n "$package" ]; then
  PYTHONPATH=${package%/gnuradio/spacesail/__init__.py} "$python" -B -c '
import sys
from gnuradio import spacesail
assert spacesail.__file__.startswith(sys.argv[1]), spacesail.__file__
spacesail.iq_source
' "$prefix"
  echo "gnuradio.spacesail: imported"
fi
if [ -x "$prefix/bin/spacesail" ]; then
  "$prefix/bin/spacesail" --version
fi
