// SPDX-License-Identifier: Apache-2.0
// Deleting a number whose deletionPolicy is Disable: a finalizer keeps the object until calling is off at Meta.
import type { WhatsAppNumber } from '../../api/whatsappnumber.ts';
import type { KubeClient } from '../../kube/client.ts';
import { isConflict, isNotFound } from '../../kube/errors.ts';
import { DISABLE } from '../../meta/calling/write.ts';
import type { GraphClient } from '../../meta/graph.ts';
import type { Access } from '../../meta/transport.ts';
import * as kinds from '../shared/kinds.ts';

export const FINALIZER = 'trunkline.dev/disable-calling';

const finalizersOf = ({ metadata }: WhatsAppNumber): readonly string[] => metadata.finalizers ?? [];

export const isHeld = (number: WhatsAppNumber): boolean => finalizersOf(number).includes(FINALIZER);

/** What to say to somebody whose deleted number does not go away. */
export const heldNote = (why: string): string =>
  `calling could not be switched off at Meta: ${why}. It is tried again; to delete the number all the same, set spec.deletionPolicy to Retain`;

export class Release {
  readonly #client: KubeClient;
  readonly #graph: GraphClient;

  constructor(client: KubeClient, graph: GraphClient) {
    this.#client = client;
    this.#graph = graph;
  }

  /** Puts the finalizer on or takes it off, as the spec asks. */
  async keep(number: WhatsAppNumber): Promise<void> {
    const wanted = number.spec.deletionPolicy === 'Disable' && number.spec.management === 'Manage';
    if (wanted !== isHeld(number)) await this.#write(number, wanted);
  }

  async disable(number: WhatsAppNumber, access: Access): Promise<void> {
    await this.#graph.writeCalling(access, number.spec.phoneNumberID, DISABLE);
  }

  /** Lets the object go. */
  async letGo(number: WhatsAppNumber): Promise<void> {
    if (isHeld(number)) await this.#write(number, false);
  }

  async #write(number: WhatsAppNumber, wanted: boolean): Promise<void> {
    const { namespace, name, resourceVersion } = number.metadata;
    const others = finalizersOf(number).filter((finalizer) => finalizer !== FINALIZER);
    const finalizers = wanted ? [...others, FINALIZER] : others;
    try {
      // A list is replaced as a whole, so it must be the one that was read.
      await this.#client.mergePatch(kinds.WHATSAPP_NUMBER, { namespace, name }, { metadata: { resourceVersion, finalizers } });
    } catch (error) {
      // Somebody was faster; the change that they made brings us here again.
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }
}
