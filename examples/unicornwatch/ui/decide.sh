#!/bin/sh
# Decides about a deployment of the page that waits:
#
#	ui/decide.sh approved|rejected
. "$(dirname "$0")/../env.sh"

aws ssm put-parameter --name /unicorns/ui/approval --value "$1" --overwrite --query Version
