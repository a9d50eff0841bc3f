// SPDX-License-Identifier: Apache-2.0
// What a person asks for by annotating a number: looking at Meta at once, or a new SIP password. The annotation is taken off
// when that is done, so that the same can be asked again.
import type { WhatsAppNumber } from '../../api/whatsappnumber.ts';
import type { KubeClient } from '../../kube/client.ts';
import { isNotFound } from '../../kube/errors.ts';
import * as kinds from '../shared/kinds.ts';

export const REQUESTS = { sync: 'trunkline.dev/sync', rotation: 'trunkline.dev/rotate-sip-password' } as const;

const isAsked = ({ metadata }: WhatsAppNumber, annotation: string): boolean => metadata.annotations?.[annotation] !== undefined;

export const isSyncAsked = (number: WhatsAppNumber): boolean => isAsked(number, REQUESTS.sync);
export const isRotationAsked = (number: WhatsAppNumber): boolean => isAsked(number, REQUESTS.rotation);

export class Requests {
  readonly #client: KubeClient;

  constructor(client: KubeClient) {
    this.#client = client;
  }

  /** @throws KubeError, except where the number is gone. */
  async fulfil({ metadata: { namespace, name } }: WhatsAppNumber, request: keyof typeof REQUESTS): Promise<void> {
    const patch = { metadata: { annotations: { [REQUESTS[request]]: null } } };
    try {
      await this.#client.mergePatch(kinds.WHATSAPP_NUMBER, { namespace, name }, patch);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}
