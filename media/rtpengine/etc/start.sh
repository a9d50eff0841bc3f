# SPDX-License-Identifier: Apache-2.0
# Runs the relay. It begins with the calls of the process before it, as the store has them. One that a signal ends is started again
# here and now: Kubernetes takes more than a second for that, and ten the second time.
stop() {
  stopping=yes
  if [ -n "$relay" ]; then kill -TERM "$relay"; fi
}
trap stop TERM INT

while true; do
  REDISCLI_AUTH=$RTPENGINE_REDIS_AUTH_PW valkey-cli -p "$STORE_PORT" --eval /etc/rtpengine/mend.lua >/dev/null || echo "the store does not answer: calls of an earlier process end" >&2
  began=$(date +%s)
  rtpengine --config-file=/etc/rtpengine/rtpengine.conf "$@" &
  relay=$!
  # Asked to stop before there was anything to stop.
  if [ -n "$stopping" ]; then kill -TERM "$relay"; fi
  wait "$relay"
  code=$?
  if [ -n "$stopping" ]; then
    # What was cut short by the signal.
    wait "$relay"
    exit $?
  fi
  # One that says why it ends, or that cannot begin, is for Kubernetes.
  if [ "$code" -le 128 ] || [ $(($(date +%s) - began)) -lt 5 ]; then exit "$code"; fi
  echo "the relay was ended by signal $((code - 128)) and is started again" >&2
done
