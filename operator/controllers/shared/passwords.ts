// SPDX-License-Identifier: Apache-2.0
// What Meta's SIP passwords are kept as: HA1 in memory, and in the gateways' snapshots across restarts of the operator.
import type { Logger } from 'pino';
import type { WhatsAppNumber } from '../../api/whatsappnumber.ts';
import { backoff } from '../../kube/backoff.ts';
import { sleep, systemClock } from '../../kube/clock.ts';
import { KubeError } from '../../kube/errors.ts';
import { names } from '../../resources/names.ts';
import { digitsOf, ha1 } from '../../routing/numbers.ts';
import { decodeSnapshot, SNAPSHOT_KEY, type Snapshot } from '../../routing/snapshot.ts';
import type { Caches } from './caches.ts';
import type { NamedSecrets } from './namedsecrets.ts';

interface Kept {
  user: string;
  realm: string;
  ha1: string;
}

export class Passwords {
  readonly #kept = new Map<string, Kept>();
  /** Gateways whose snapshot was taken in. */
  readonly #loaded = new Set<string>();
  readonly #handlers = new Set<(number: string) => void>();

  /** Calls `handler` with the name of each number whose password is another from now on. */
  subscribe(handler: (number: string) => void): void {
    this.#handlers.add(handler);
  }

  /**
   * Takes in what a gateway's proxies have, once: without it the next snapshot would take its numbers from them. Returns
   * whether it is known now, which it is not where we may not read it.
   * @throws KubeError where that cannot be told now
   */
  async load(secrets: Pick<NamedSecrets, 'read'>, gateway: string): Promise<boolean> {
    if (this.#loaded.has(gateway)) return true;
    const found = await secrets.read(names.snapshot(gateway));
    if (found === null) return false;
    const value = found?.data[SNAPSHOT_KEY];
    const snapshot = value === undefined ? undefined : readSnapshot(value);
    for (const { name: number, digits: user, ha1: hash } of snapshot?.numbers ?? []) {
      if (snapshot && !this.#kept.has(number)) this.#put(number, { user, realm: snapshot.hostname, ha1: hash });
    }
    this.#loaded.add(gateway);
    return true;
  }

  /** Keeps the password that Meta made for calls to a number, as they are answered in a realm. */
  keep(number: WhatsAppNumber, realm: string, password: string): void {
    const user = digitsOf(number);
    this.#put(number.metadata.name, { user, realm, ha1: ha1(user, realm, password) });
  }

  forget(number: string): void {
    this.#kept.delete(number);
  }

  knows(number: WhatsAppNumber): boolean {
    return this.#kept.get(number.metadata.name)?.user === digitsOf(number);
  }

  /** HA1 of a number in a realm; undefined until its password is known. */
  ha1(number: WhatsAppNumber, realm: string): string | undefined {
    const kept = this.#kept.get(number.metadata.name);
    return kept?.realm === realm && kept.user === digitsOf(number) ? kept.ha1 : undefined;
  }

  #put(number: string, kept: Kept): void {
    const before = this.#kept.get(number);
    if (before?.ha1 === kept.ha1) return;
    this.#kept.set(number, kept);
    for (const handler of this.#handlers) handler(number);
  }
}

const RETRY = { baseMs: 200, maxMs: 3000 };

/** Takes in what the proxies of all gateways have, before anything is decided. Resolves then, or when the signal aborts. */
export async function loadPasswords(
  { secrets, caches, passwords, log }: { secrets: NamedSecrets; caches: Caches; passwords: Passwords; log: Logger },
  signal: AbortSignal,
): Promise<void> {
  for (let failures = 1; !signal.aborted; failures += 1) {
    try {
      await Promise.all(caches.gateways.list().map(({ metadata }) => passwords.load(secrets, metadata.name)));
      return;
    } catch (error) {
      if (!(error instanceof KubeError)) throw error;
      const retryMs = backoff(failures, RETRY, Math.random);
      log.warn({ err: error, retryMs: Math.round(retryMs) }, 'what the proxies have cannot be read, it is tried again');
      await sleep(systemClock, retryMs, signal);
    }
  }
}

/** A snapshot that cannot be read serves no proxy either: the passwords are asked for anew. */
function readSnapshot(value: string): Snapshot | undefined {
  try {
    return decodeSnapshot(value);
  } catch {
    return undefined;
  }
}
