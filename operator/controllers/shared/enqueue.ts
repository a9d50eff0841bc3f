// SPDX-License-Identifier: Apache-2.0

/** Whether somebody waits for the answer: it then comes before those that only follow from something. */
export type Turn = 'first' | 'usual';

/** Puts an object's key into the queue of a question. */
export interface Enqueue {
  gateway(key: string): void;
  /** A gateway's media pods. */
  media(key: string): void;
  number(key: string, turn?: Turn): void;
  settings(key: string): void;
  /** For how long a number's calls are traced with users' numbers. */
  tracing(key: string): void;
  /** By HOST:PORT, which Meta dials. */
  reach(endpoint: string): void;
  route(key: string, turn?: Turn): void;
}
