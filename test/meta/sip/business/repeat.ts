// SPDX-License-Identifier: Apache-2.0
// A 2xx to INVITE is sent until its ACK comes, on TLS too (RFC 3261 §13.3.1.4).

export interface RepeatOptions {
  /** 64·T1: when the ACK is no longer waited for. */
  readonly timeoutMs: number;
  send(): void;
  givenUp(): void;
}

const longestMs = 4000;

/** Sends now and again, each time after twice the wait; the result stops it. */
export function repeatUntilAcknowledged(options: RepeatOptions): () => void {
  let waitMs = options.timeoutMs / 64;
  let timer: NodeJS.Timeout;
  const again = () => {
    options.send();
    timer = setTimeout(again, waitMs);
    waitMs = Math.min(waitMs * 2, longestMs);
  };
  const end = setTimeout(() => {
    clearTimeout(timer);
    options.givenUp();
  }, options.timeoutMs);
  again();
  return () => {
    clearTimeout(timer);
    clearTimeout(end);
  };
}
