// SPDX-License-Identifier: Apache-2.0

/** Puts an object's key into the queue of a question. */
export interface Enqueue {
  gateway(key: string): void;
  number(key: string): void;
  settings(key: string): void;
  /** By HOST:PORT, which Meta dials. */
  reach(endpoint: string): void;
  route(key: string): void;
}
