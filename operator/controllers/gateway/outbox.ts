// SPDX-License-Identifier: Apache-2.0
import { no, type Verdict } from '../../api/conditions.ts';
import { Allowance } from '../../kube/allowance.ts';
import type { Clock } from '../../kube/clock.ts';
import { Packer, type Packed } from '../../routing/packing.ts';
import type { Snapshot } from '../../routing/snapshot.ts';

/**
 * In kilobytes, how much of all snapshots may be written at once, and how much for long: etcd keeps every version for some
 * minutes, and has room for 2 GB of everybody's.
 */
const WRITES = { burst: 100_000, refillMs: 1 };

/** Snapshots on their way to the proxies: packed, and not more of them than etcd can bear. */
export class Outbox {
  readonly #packers = new Map<string, Packer>();
  readonly #writes: Allowance;
  /** By the gateway's name: the version that was let go last. */
  readonly #sent = new Map<string, string>();

  constructor(clock: Clock) {
    this.#writes = new Allowance(clock, WRITES);
  }

  pack(gateway: string, snapshot: Snapshot): Packed {
    const packer = this.#packers.get(gateway) ?? new Packer();
    this.#packers.set(gateway, packer);
    return packer.pack(snapshot);
  }

  /** Why a version must wait; where it need not, it is taken for written. */
  tooSoon(gateway: string, { version }: Snapshot, { bytes }: Packed): Verdict | undefined {
    if (this.#sent.get(gateway) === version) return undefined;
    if (!this.#writes.take('all', Math.ceil(bytes.packed / 1000))) {
      return no('Applying', 'there were so many edits that configurations are written only now and then: the last ones follow within seconds');
    }
    this.#sent.set(gateway, version);
    return undefined;
  }

  forget(gateway: string): void {
    this.#packers.delete(gateway);
    this.#sent.delete(gateway);
  }
}
