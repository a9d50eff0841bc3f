// SPDX-License-Identifier: Apache-2.0
import { SilentRelayError, type RelayedCall, type RelayedSide, type RelayLoad, type Relays } from '../../../media/agent/contract.ts';

/** Relays in memory: by address the label of each call. */
export class MemoryRelays implements Relays {
  readonly of: Record<string, Record<string, string> | 'silent' | 'confused'> = {};
  questions = 0;
  readonly ended: string[] = [];
  readonly revived: string[][] = [];
  refusesToRevive = false;
  /** When each of them began. */
  began = 1_790_000_000;
  /** Happens between the list and the questions about its calls. */
  meanwhile = (): void => {};

  async calls(relay: string): Promise<readonly string[]> {
    const ids = Object.keys(this.#answer(relay));
    this.meanwhile();
    return ids;
  }

  async about(relay: string, callId: string): Promise<RelayedCall | undefined> {
    this.questions += 1;
    const label = this.#answer(relay)[callId];
    const sides = [{ tag: 'meta', label: label || undefined }, { tag: 'inside', label: undefined }];
    return label === undefined ? undefined : { sides, survives: callId !== 'dtls', since: 1_800_000_000 };
  }

  load = async (relay: string): Promise<RelayLoad> => {
    const { length } = Object.keys(this.#answer(relay));
    return { calls: length, units: length, began: this.began };
  };

  end = async (_: string, callId: string): Promise<void> => void this.ended.push(callId);

  async revive(_: string, callId: string, sides: readonly RelayedSide[]): Promise<void> {
    if (this.refusesToRevive) throw new Error('has lost it');
    this.revived.push([callId, ...sides.flatMap(({ label }) => label ?? [])]);
  }

  #answer(relay: string): Record<string, string> {
    const calls = this.of[relay] ?? 'silent';
    if (calls === 'silent') throw new SilentRelayError(relay);
    if (calls === 'confused') throw new Error('has 500 calls or more');
    return calls;
  }
}
