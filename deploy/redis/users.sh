#!/bin/sh
# Prints the users of Redis as lines of its configuration: one for each program, with the keys, channels and
# commands it uses and no others. Passwords come from the environment and leave it as digests.
#
#   REDIS_NAMESPACE       prefix of every key and channel (AETHERFLOW_REDIS_NAMESPACE of the services)
#   REDIS_PASSWORD_<WHO>  for API, WORKER, SCHEDULER and CTL
set -eu

n=${REDIS_NAMESPACE:-aetherflow}

digest() { printf %s "$1" | sha256sum | cut -d ' ' -f 1; }

user() { # name, password, rules
    name=$1 password=$2
    shift 2
    printf 'user %s on #%s resetkeys resetchannels -@all %s\n' "$name" "$(digest "$password")" "$*"
}

# Everybody: whether Redis answers, and scripts by their digest.
common='+ping +select +script|load'
# Ringing: entries go in, and how many wait can be seen. Nothing comes out.
ring="+publish &$n:wake:* (+evalsha +hsetnx +hmset +zadd +zcard +llen ~$n:jobs:*)"
# The counts of requests that replicas share.
rates="(+incrby +expire +unlink ~$n:rate:*)"
# Reading a queue, tending it, and clearing one that is broken.
read="(+evalsha +type +time +del +unlink \
+hsetnx +hmset +hset +hget +hmget +hgetall +hdel +hscan \
+zadd +zcard +zscore +zrem +zrange +zrangebyscore +zremrangebyscore \
+rpush +lpush +lrange +ltrim +llen +sadd +srem +smembers +sismember +scard +spop \
~$n:jobs:* ~core:apalis:queues:list)"

user aether_api "${REDIS_PASSWORD_API:?}" "$common +subscribe +unsubscribe &$n:ended $ring $rates"
user aether_worker "${REDIS_PASSWORD_WORKER:?}" "$common +subscribe +unsubscribe &$n:ended $ring $read"
user aether_scheduler "${REDIS_PASSWORD_SCHEDULER:?}" "$common &$n:ended $ring"
user aether_ctl "${REDIS_PASSWORD_CTL:?}" "$common +subscribe +unsubscribe $ring"
# The health check: it has no password, and learns that Redis answers.
echo 'user aether_health on nopass resetkeys resetchannels -@all +ping'
