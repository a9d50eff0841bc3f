# SPDX-License-Identifier: Apache-2.0
# The SIP proxy.   docker build -f media/images/kamailio.Dockerfile media/kamailio/etc
FROM docker.io/library/debian:trixie-slim
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    kamailio kamailio-extra-modules kamailio-lua-modules kamailio-sqlite-modules kamailio-tls-modules lua-cjson \
 && rm -rf /var/lib/apt/lists/* /etc/kamailio
COPY . /etc/kamailio
USER 65532:65532
# Memory managers without the bookkeeping that Debian's default has for those who search for leaks, which costs a sixth of a
# call. Memory: shared, then private to a process, which must hold a whole table while it loads one. No file for the process id:
# one that outlives a killed engine would keep the next from starting.
CMD ["kamailio", "-DD", "-E", "-x", "fm", "-X", "fm", "-m", "256", "-M", "64", \
     "-Y", "/run/trunkline", "-f", "/etc/kamailio/kamailio.cfg"]
