# What the scripts share; they source it. On AWS itself set AWS_ENDPOINT_URL to nothing,
# ACCOUNT to yours, and use your own keys; the rest is the same.
set -eu
: "${AWS_ENDPOINT_URL=http://127.0.0.1:4566}" "${AWS_ACCESS_KEY_ID=test}" "${AWS_SECRET_ACCESS_KEY=test}" "${AWS_DEFAULT_REGION=us-east-1}"
: "${ACCOUNT=000000000000}"
export AWS_ENDPOINT_URL AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_DEFAULT_REGION AWS_PAGER=
REGION=$AWS_DEFAULT_REGION
here=$(cd "$(dirname "$0")" && pwd)
while [ ! -e "$here/env.sh" ]; do here=${here%/*}; done
cd "$here"

# Older AWS CLIs do not heed AWS_ENDPOINT_URL; newer ones not for every service.
aws() { command aws ${AWS_ENDPOINT_URL:+--endpoint-url "$AWS_ENDPOINT_URL"} "$@"; }

# note NAME VALUE remembers a name that AWS gave, for the scripts that come after.
names=${UNICORN_NAMES:-/tmp/unicornwatch.names}
note() {
	[ -n "$2" ] || { echo "$0: AWS gave no $1" >&2 && exit 1; }
	echo "$1='$2'" >>"$names"
	eval "$1=\$2"
}
[ ! -e "$names" ] || . "$names"

# fill FILE prints a file with each ${NAME} in it replaced by the variable NAME.
fill() {
	sed "$(grep -o '\${[A-Z_]*}' "$1" | sort -u | tr -d '${}' | while read -r name; do
		eval "printf 's|[$]{%s}|%s|g\n' \"\$name\" \"\${$name}\""
	done)" "$1"
}
