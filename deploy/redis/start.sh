#!/bin/sh
# Writes the configuration of Redis and starts it; arguments go to the server. The configuration is a file,
# because arguments can be read by everybody on the host.
set -eu
umask 077

config=${REDIS_CONFIG:-/tmp/redis.conf}
{
    # Bells and counts may be lost at any time; keeping them over a restart spares a second of looking.
    printf 'appendonly yes\nsave ""\nmaxmemory-policy noeviction\ndir %s\n' "${REDIS_DATA:-/data}"
    # A queue holds a thousand bells at the most: this is far more than all of them need.
    printf 'maxmemory %s\n' "${REDIS_MAXMEMORY:-256mb}"
    # Nobody is anonymous, and nobody may do everything.
    echo 'user default off'
    sh "$(dirname "$0")/users.sh"
} > "$config"
exec redis-server "$config" "$@"
