#!/usr/bin/env bash
# Step: installs tfratchet from the checkout of this action into an environment of its own, and makes the folder of this
# run. Takes any Python from 3.10 on: the one of actions/setup-python, or the system's.
set -euo pipefail

: "${GITHUB_ACTION_PATH:?is set by the runner}" "${RUNNER_TEMP:?is set by the runner}"
check='import sys; sys.exit(sys.version_info < (3, 10))'
python=''
for candidate in ${INPUT_PYTHON:+"$INPUT_PYTHON"} python3 python; do
  # -I: nothing is imported from the folder that this runs in, which is the one to be compared.
  if command -v "$candidate" >/dev/null 2>&1 && "$candidate" -I -c "$check" >/dev/null 2>&1; then
    python="$(command -v "$candidate")"
    break
  fi
done
if [[ -z "$python" ]]; then
  echo '::error title=tfratchet::no Python 3.10 or newer is on PATH: run actions/setup-python before this action'
  exit 2
fi

cd "$RUNNER_TEMP"
venv="$RUNNER_TEMP/tfratchet-venv"
stamp="$venv/tfratchet-installed-from"
if [[ "$(cat "$stamp" 2>/dev/null || true)" != "$GITHUB_ACTION_PATH" ]]; then
  "$python" -I -m venv --clear "$venv"
fi
bin="$venv/bin"
[[ -d "$bin" ]] || bin="$venv/Scripts"  # on Windows
if [[ ! -e "$stamp" ]]; then
  PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 "$bin/python" -I -m pip install --quiet "$GITHUB_ACTION_PATH"
  printf '%s' "$GITHUB_ACTION_PATH" >"$stamp"
fi
work="$(mktemp -d "$RUNNER_TEMP/tfratchet-run.XXXXXX")"
"$bin/python" -I -m tfratchet --version
{
  echo "python=$bin/python"
  echo "work=$work"
} >>"$GITHUB_OUTPUT"
