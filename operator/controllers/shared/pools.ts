// SPDX-License-Identifier: Apache-2.0
import { isDeepStrictEqual } from 'node:util';
import type { MediaPod } from '../../scaling/pod.ts';
import type { MediaAddress } from './mediaaddress.ts';
import type { Policy } from '../../scaling/policy.ts';

export interface PooledPod extends MediaPod {
  /** Where Meta is told to send audio. */
  told: MediaAddress | undefined;
  /** What keeps it from running. */
  trouble: string | undefined;
}

/** A gateway's media pods as they were seen last. */
export interface Pool {
  pods: readonly PooledPod[];
  policy: Policy;
  /** Pods that the calls of now and of the near future need. */
  needed: number;
  /** Why a media pod could not be made. */
  refusal: string | undefined;
}

/** The media pods of each gateway. */
export class Pools {
  readonly #byGateway = new Map<string, Pool>();
  readonly #changed: (gateway: string) => void;

  /** @param changed told of gateways whose pods differ from before in more than their load */
  constructor(changed: (gateway: string) => void) {
    this.#changed = changed;
  }

  /** Undefined until they were looked at. */
  get(gateway: string): Pool | undefined {
    return this.#byGateway.get(gateway);
  }

  set(gateway: string, pool: Pool): void {
    const before = this.#byGateway.get(gateway);
    this.#byGateway.set(gateway, pool);
    if (!isDeepStrictEqual(before && withoutLoad(before), withoutLoad(pool))) this.#changed(gateway);
  }

  forget(gateway: string): void {
    this.#byGateway.delete(gateway);
  }
}

const withoutLoad = ({ pods, policy, refusal }: Pool) => ({ policy, refusal, pods: pods.map(({ load, ...pod }) => ({ ...pod, isIdle: load?.calls === 0 })) });
