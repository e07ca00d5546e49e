# Functions of scripts/quickstart and scripts/test that create a virtual environment with the required packages.
VENV="${ORCA_LOCAL_VENV:-.venv}"

step() { printf '[%4d s] %s\n' "$SECONDS" "$*" >&2; }

find_python() {
  local candidate
  for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
  echo "error: Python 3.11 or newer is needed (set PYTHON to name one)" >&2
  return 3
}

# Some compilers break llama.cpp's AMX kernels; scripts/tile_config.h corrects this. It is copied to a path without
# spaces.
repair_amx() {
  [ "$(uname -m)" = x86_64 ] || return 0
  local directory header
  directory="$(mktemp -d "${TMPDIR:-/tmp}/orca-local-XXXXXXXX")" # a new name that nobody can foresee
  header="$directory/tile_config.h"
  # shellcheck disable=SC2064 # the path as it is now
  trap "rm -rf '$directory'" EXIT
  cp scripts/tile_config.h "$header"
  export CMAKE_ARGS="-DCMAKE_C_FLAGS='-include $header' -DCMAKE_CXX_FLAGS='-include $header' ${CMAKE_ARGS:-}"
}

# prepare_environment REQUIREMENT…: install once; an unchanged project is not installed again.
prepare_environment() {
  local python stamp requirements
  python="$(find_python)"
  requirements="$(cat pyproject.toml constraints.txt | cksum) $* $("$python" --version)"
  stamp="$VENV/.installed"
  if [ -f "$stamp" ] && grep -qxF "$requirements" "$stamp"; then
    step "everything is installed in $VENV"
    return
  fi
  step "creating the virtual environment $VENV with $("$python" --version)"
  "$python" -m venv "$VENV"
  repair_amx
  step "installing (llama-cpp-python compiles once, about five minutes on two cores)"
  CMAKE_BUILD_PARALLEL_LEVEL="${CMAKE_BUILD_PARALLEL_LEVEL:-$(getconf _NPROCESSORS_ONLN)}" \
    "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check -c constraints.txt -e "$@"
  echo "$requirements" >>"$stamp"
  step "installed"
}
