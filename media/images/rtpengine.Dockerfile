# SPDX-License-Identifier: Apache-2.0
# The media relay, and the store beside it that a relay takes its calls up from again.   docker build -f media/images/rtpengine.Dockerfile media/rtpengine/etc
FROM docker.io/library/debian:trixie-slim
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends rtpengine-daemon valkey-server \
 && rm -rf /var/lib/apt/lists/* /etc/rtpengine /etc/valkey
COPY . /etc/rtpengine
RUN perl /etc/rtpengine/hold.pl > /etc/rtpengine/hold.wav
USER 65532:65532
ENTRYPOINT ["/bin/sh", "/etc/rtpengine/start.sh"]
