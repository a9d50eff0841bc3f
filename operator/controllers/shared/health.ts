// SPDX-License-Identifier: Apache-2.0
import type { SipRouteStatus } from '../../api/siproute.ts';

/** What one proxy says of the destinations that it asks by OPTIONS, by their target; nothing where it does not know. */
export type Probed = Readonly<Record<string, boolean>> | null | undefined;

export type DestinationState = NonNullable<SipRouteStatus['destinations']>[number]['state'];

/** What the proxies of all gateways last said of destinations. */
export class Health {
  readonly #byGateway = new Map<string, ReadonlyMap<string, DestinationState>>();
  readonly #changed: (targets: ReadonlySet<string>) => void;

  /** @param changed told of targets that are in another state than before */
  constructor(changed: (targets: ReadonlySet<string>) => void) {
    this.#changed = changed;
  }

  /** Takes in what the proxies of a gateway say. */
  observe(gateway: string, proxies: readonly Probed[]): void {
    const before = this.#byGateway.get(gateway) ?? new Map();
    const targets = new Set(proxies.flatMap((probed) => Object.keys(probed ?? {})));
    const now = new Map([...targets].map((target) => [target, stateOf(proxies.map((probed) => probed?.[target]))]));
    this.#byGateway.set(gateway, now);
    const changed = [...targets.union(new Set(before.keys()))].filter((target) => before.get(target) !== now.get(target));
    if (changed.length > 0) this.#changed(new Set(changed));
  }

  /** Up where it answers any proxy. */
  state(target: string): DestinationState {
    const states = [...this.#byGateway.values()].flatMap((known) => known.get(target) ?? []);
    return (['Up', 'Down'] as const).find((state) => states.includes(state)) ?? 'Unknown';
  }

  forget(gateway: string): void {
    this.observe(gateway, []);
    this.#byGateway.delete(gateway);
  }
}

function stateOf(answers: readonly (boolean | undefined)[]): DestinationState {
  if (answers.includes(true)) return 'Up';
  return answers.includes(false) ? 'Down' : 'Unknown';
}
