// SPDX-License-Identifier: Apache-2.0
// Deleting a number whose deletionPolicy is Disable: a finalizer keeps the object until calling is off at Meta.
import type { WhatsAppNumber } from '../../api/whatsappnumber.ts';
import type { KubeClient } from '../../kube/client.ts';
import { isConflict, isNotFound } from '../../kube/errors.ts';
import { DISABLE } from '../../meta/calling/write.ts';
import { GraphError } from '../../meta/errors.ts';
import type { GraphClient } from '../../meta/graph.ts';
import * as kinds from '../shared/kinds.ts';
import type { Admission } from './admission.ts';
import { isVerdict, type Credentials } from './credentials.ts';
import { LINE_MS, restAfterVerdict, SLOW_RECHECK_MS, toPause } from './rest.ts';

export const FINALIZER = 'trunkline.dev/disable-calling';

const finalizersOf = ({ metadata }: WhatsAppNumber): readonly string[] => metadata.finalizers ?? [];

const isHeld = (number: WhatsAppNumber): boolean => finalizersOf(number).includes(FINALIZER);

const isWanted = ({ spec }: WhatsAppNumber): boolean => spec.deletionPolicy === 'Disable' && spec.management === 'Manage';

/** What to say to somebody whose deleted number does not go away. */
const heldNote = (why: string): string =>
  `calling could not be switched off at Meta: ${why}. It is tried again; to delete the number all the same, set spec.deletionPolicy to Retain`;

export interface ReleaseOptions {
  client: KubeClient;
  graph: GraphClient;
  credentials: Credentials;
  admission: Admission;
  /** Told why calling could not be switched off. */
  failed: (number: WhatsAppNumber, note: string) => void;
}

export class Release {
  readonly #options: ReleaseOptions;

  constructor(options: ReleaseOptions) {
    this.#options = options;
  }

  /** Puts the finalizer on or takes it off, as the spec asks. */
  async keep(number: WhatsAppNumber): Promise<void> {
    const wanted = isWanted(number);
    if (wanted !== isHeld(number)) await this.#write(number, wanted);
  }

  /**
   * A number that is being deleted: lets it go, after calling is off where that is asked for. Returns when to try again.
   * @throws GraphError after Meta was unavailable, so that the queue backs off.
   */
  async letGo(number: WhatsAppNumber, isInForce: boolean, signal: AbortSignal): Promise<number | void> {
    if (!isHeld(number)) return;
    const rest = isInForce && isWanted(number) ? await this.#disable(number, signal) : 0;
    if (rest === 0) return this.#write(number, false);
    return toPause(rest);
  }

  /** Switches calling off at Meta; returns 0, or the milliseconds until it is tried again: Infinity where a change must come first. */
  async #disable(number: WhatsAppNumber, signal: AbortSignal): Promise<number> {
    const { credentials, admission, graph, failed } = this.#options;
    const secrets = await credentials.read(number);
    if (isVerdict(secrets)) {
      failed(number, heldNote(secrets.message));
      return restAfterVerdict(secrets);
    }
    try {
      const admitted = await admission.enter(number, secrets, signal);
      // The place in line stays.
      if (typeof admitted === 'number') return Math.min(admitted, LINE_MS);
      await graph.writeCalling(admitted.access, number.spec.phoneNumberID, DISABLE);
      admission.leave(number);
      return 0;
    } catch (error) {
      admission.leave(number);
      if (!(error instanceof GraphError)) throw error;
      failed(number, heldNote(error.sentence));
      if (error.kind === 'unavailable') throw error;
      return SLOW_RECHECK_MS;
    }
  }

  async #write(number: WhatsAppNumber, wanted: boolean): Promise<void> {
    const { namespace, name, resourceVersion } = number.metadata;
    const others = finalizersOf(number).filter((finalizer) => finalizer !== FINALIZER);
    const finalizers = wanted ? [...others, FINALIZER] : others;
    try {
      // A list is replaced as a whole, so it must be the one that was read.
      await this.#options.client.mergePatch(kinds.WHATSAPP_NUMBER, { namespace, name }, { metadata: { resourceVersion, finalizers } });
    } catch (error) {
      // Somebody was faster; the change that they made brings us here again.
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }
}
