// SPDX-License-Identifier: Apache-2.0
// What is known of Meta's calls to each number: HA1 of the password, and the name that Meta dials. In memory, and across
// restarts of the operator in the gateways' snapshots.
import type { Logger } from 'pino';
import type { WhatsAppNumber } from '../../api/whatsappnumber.ts';
import { names } from '../../resources/names.ts';
import { digitsOf, ha1, proofOf } from '../../routing/numbers.ts';
import { unpackAccounts, type Accounts } from '../../routing/packing.ts';
import type { Proof } from '../../routing/snapshot.ts';
import type { Caches } from './caches.ts';
import type { NamedSecrets } from './namedsecrets.ts';

interface Kept {
  /** Meta's digest user. */
  user: string;
  /** By realm, of which there are two while a number moves from one gateway to another. */
  hashes: ReadonlyMap<string, string>;
  /** For calls by the number, where known. */
  proof: Proof | undefined;
}

export class Passwords {
  readonly #kept = new Map<string, Kept>();
  /** Names that Meta may dial for a number; and the numbers by those names. */
  readonly #dialled = new Map<string, ReadonlySet<string>>();
  readonly #diallers = new Map<string, Set<string>>();
  /** Gateways whose snapshot was taken in. */
  readonly #loaded = new Set<string>();
  readonly #handlers = new Set<(number: string) => void>();

  /** Calls `handler` with the name of each number whose password, or the name that Meta dials, is another from now on. */
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
    const accounts = found && readAccounts(found.data);
    if (accounts) this.#takeIn(accounts);
    this.#loaded.add(gateway);
    return true;
  }

  /** Keeps the password that Meta made for calls to a number, as they are answered in a realm and where Meta dials now. */
  keep(number: WhatsAppNumber, realm: string, password: string): void {
    const { name } = number.metadata;
    const user = digitsOf(number);
    const realms = new Set([realm, ...(this.#dialled.get(name) ?? [])]);
    this.#put(name, { user, hashes: new Map([...realms].map((each) => [each, ha1(user, each, password)])), proof: proofOf(user, password) });
  }

  /** Meta dials this name for a number, or none: gateways of other names need not serve it any more. */
  dials(number: string, hostname: string | undefined): void {
    this.#setDialled(number, new Set(hostname === undefined ? [] : [hostname]));
  }

  /** Whether Meta may dial a name for a number. */
  isDialled(number: string, hostname: string): boolean {
    return this.#dialled.get(number)?.has(hostname) ?? false;
  }

  /** Names of the numbers for which Meta may dial a name. */
  dialling(hostname: string): ReadonlySet<string> {
    return this.#diallers.get(hostname) ?? new Set();
  }

  forget(number: string): void {
    this.#kept.delete(number);
    this.dials(number, undefined);
  }

  knows(number: WhatsAppNumber): boolean {
    return this.#kept.get(number.metadata.name)?.user === digitsOf(number);
  }

  /** HA1 of a number in a realm; undefined until its password is known. */
  ha1(number: WhatsAppNumber, realm: string): string | undefined {
    return this.knows(number) ? this.#kept.get(number.metadata.name)?.hashes.get(realm) : undefined;
  }

  /** What a number proves itself to Meta with; undefined until its password is known. */
  proof(number: WhatsAppNumber): Proof | undefined {
    return this.knows(number) ? this.#kept.get(number.metadata.name)?.proof : undefined;
  }

  /** A number may be in two snapshots: then its move was not finished, and both gateways go on to serve it. */
  #takeIn({ hostname, numbers }: Accounts): void {
    for (const { name, digits: user, ha1: hash, outbound } of numbers) {
      const known = this.#kept.get(name);
      const proof = known?.proof ?? outbound?.proof;
      if (!known?.hashes.has(hostname)) this.#put(name, { user, hashes: new Map([...(known?.hashes ?? []), [hostname, hash]]), proof });
      this.#setDialled(name, new Set([...(this.#dialled.get(name) ?? []), hostname]));
    }
  }

  #put(number: string, kept: Kept): void {
    const before = this.#kept.get(number);
    this.#kept.set(number, kept);
    const isSame = before?.user === kept.user && sameEntries(before.hashes, kept.hashes) && before.proof?.sha256 === kept.proof?.sha256;
    if (!isSame) this.#tell(number);
  }

  #setDialled(number: string, hostnames: ReadonlySet<string>): void {
    const before = this.#dialled.get(number) ?? new Set();
    const gone = before.difference(hostnames);
    const come = hostnames.difference(before);
    for (const hostname of gone) this.#diallers.get(hostname)?.delete(number);
    for (const hostname of come) this.#diallers.set(hostname, (this.#diallers.get(hostname) ?? new Set()).add(number));
    if (hostnames.size > 0) this.#dialled.set(number, hostnames);
    else this.#dialled.delete(number);
    if (gone.size + come.size > 0) this.#tell(number);
  }

  #tell(number: string): void {
    for (const handler of this.#handlers) handler(number);
  }
}

const sameEntries = (a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean =>
  a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);

/**
 * Takes in what the proxies of all gateways have, so that numbers are not taken for new ones. What cannot be told now is
 * told later: each gateway's pass asks again before it publishes anything.
 */
export async function loadPasswords({ secrets, caches, passwords, log }: { secrets: NamedSecrets; caches: Caches; passwords: Passwords; log: Logger }): Promise<void> {
  const asked = caches.gateways.list().map(async ({ metadata: { name } }) => {
    await passwords.load(secrets, name).catch((error: unknown) => log.warn({ gateway: name, err: error }, 'what its proxies have cannot be read yet'));
  });
  await Promise.all(asked);
}

/** The passwords are then asked for anew. The proxies meanwhile keep what they have: see `#publish` in gateway/reconcile.ts. */
function readAccounts(data: Readonly<Record<string, string>>): Accounts | undefined {
  try {
    return unpackAccounts(data);
  } catch {
    return undefined;
  }
}
