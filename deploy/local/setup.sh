#!/usr/bin/env bash
# Everything the project needs on this machine: system packages, .venv from requirements.lock, the broker's jars.
# Does only what is missing. `make setup` runs it from the root of the repository.
set -euo pipefail

say() { printf '  …     %s\n' "$1"; }

find_python() {
	for name in python3 python3.14 python3.13 python3.12 python3.11; do
		if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
			echo "$name"
			return
		fi
	done
}

has_java() {
	version=$(java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p')
	[ "${version:-0}" -ge 17 ]
}

find_missing_packages() {
	python=$(find_python)
	if [ -z "$python" ]; then
		echo python3 python3-venv
	elif ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
		"$python" -c 'import sys; print("python3.%d-venv" % sys.version_info[1])'
	fi
	if ! has_java; then
		if apt-cache show openjdk-17-jre-headless >/dev/null 2>&1; then
			echo openjdk-17-jre-headless
		else
			echo default-jre-headless
		fi
	fi
	command -v mvn >/dev/null || echo maven
	command -v pdftotext >/dev/null || echo poppler-utils
	command -v setpriv >/dev/null && command -v setsid >/dev/null || echo util-linux
}

install_packages() {
	if ! command -v apt-get >/dev/null; then
		echo "This machine has no apt-get. Install what these Debian packages hold, then repeat the command: $*" >&2
		exit 1
	fi
	if [ "$(id -u)" -ne 0 ]; then
		printf 'Missing on this machine. Run this once, then repeat the command:\n\n' >&2
		printf '  sudo apt-get update && sudo apt-get install -y --no-install-recommends %s\n\n' "$*" >&2
		exit 1
	fi
	say "installing $* with apt"
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

show_progress() {
	awk '/^Collecting/ {printf "\r  …     %d packages", ++count; fflush()}
		/^Installing/ {printf "\r  …     installing %d packages\n", count; fflush()}'
}

install_python_packages() {
	cmp -s requirements.lock .venv/installed.lock && return
	[ -x .venv/bin/python ] || "$(find_python)" -m venv .venv
	say "fetching the Python packages of requirements.lock into .venv, about 180 MB, once"
	.venv/bin/python -m pip install --disable-pip-version-check --progress-bar off --no-deps --require-hashes \
		-r requirements.lock | show_progress
	cp requirements.lock .venv/installed.lock
}

missing=$(find_missing_packages | tr '\n' ' ')
# shellcheck disable=SC2086 - one argument a package
[ -z "${missing% }" ] || install_packages $missing
[ -n "$(find_python)" ] || { echo "Python 3.11 or newer is needed; this system offers an older one." >&2; exit 1; }
install_python_packages
cmp -s deploy/local/kafka/pom.xml .local/kafka/jars/pom.xml || .venv/bin/python -m deploy.local fetch
