# SPDX-License-Identifier: Apache-2.0
# The media relay.   docker build -f media/images/rtpengine.Dockerfile media/rtpengine/etc
FROM docker.io/library/debian:trixie-slim
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends rtpengine-daemon \
 && rm -rf /var/lib/apt/lists/* /etc/rtpengine
COPY . /etc/rtpengine
RUN perl /etc/rtpengine/hold.pl > /etc/rtpengine/hold.wav
USER 65532:65532
ENTRYPOINT ["rtpengine", "--config-file=/etc/rtpengine/rtpengine.conf"]
