// SPDX-License-Identifier: Apache-2.0
// SDP of a business that speaks DTLS, written by hand: nobody is behind it.

export const fingerprint = Array.from({ length: 32 }, (_, index) => (16 + index).toString(16).toUpperCase()).join(':');

/** `types` are the payload types of Opus and of key presses; `a=x` is there to be replaced. */
export function dtlsLines(types: string, setup: string): string[] {
  const [opus, telephoneEvent] = types.split(' ');
  return [
    'v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0',
    `m=audio 30000 UDP/TLS/RTP/SAVPF ${types}`, 'a=mid:audio', 'a=rtcp-mux', 'a=x',
    'a=candidate:1 1 udp 2130706431 127.0.0.1 30000 typ host', 'a=ice-ufrag:abcd', 'a=ice-pwd:abcdefghijklmnopqrstuv',
    `a=fingerprint:sha-256 ${fingerprint}`, `a=setup:${setup}`,
    `a=rtpmap:${opus} opus/48000/2`, `a=rtpmap:${telephoneEvent} telephone-event/8000`,
  ];
}
