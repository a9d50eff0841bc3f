// SPDX-License-Identifier: Apache-2.0
// All Secrets that a number's spec names, read together.
import type { Verdict } from '../../api/conditions.ts';
import { Sensitive } from '../../api/sensitive.ts';
import type { WhatsAppNumber } from '../../api/whatsappnumber.ts';
import { hashOf } from '../../kube/objects.ts';
import type { NamedSecrets } from '../shared/namedsecrets.ts';
import { SecretReader, type SecretKeyRef } from './secrets.ts';
import type { WebhookWish } from './webhooks.ts';

export interface NumberSecrets {
  token: Sensitive;
  appSecret: Sensitive | undefined;
  pin: Sensitive | undefined;
  webhook: WebhookWish | undefined;
}

export const isVerdict = (value: NumberSecrets | Verdict): value is Verdict => 'reason' in value;

export class Credentials {
  readonly #reader: SecretReader;

  constructor(secrets: NamedSecrets) {
    this.#reader = new SecretReader(secrets);
  }

  /** Everything, or the verdict on the first that is missing. */
  async read({ spec }: WhatsAppNumber): Promise<NumberSecrets | Verdict> {
    const wishes: [SecretKeyRef | undefined, string][] = [
      [spec.accessTokenRef, 'access token'],
      [spec.appSecretRef, 'app’s secret'],
      [spec.registration?.pinRef, 'PIN'],
      [spec.webhook?.verifyTokenRef, 'verify token'],
    ];
    const texts: (Sensitive | undefined)[] = [];
    for (const [ref, holds] of wishes) {
      const text = ref && (await this.#reader.text(ref, holds));
      if (text && !(text instanceof Sensitive)) return text;
      texts.push(text);
    }
    const [token, appSecret, pin, verifyToken] = texts;
    if (!token) throw new Error('the schema lets no number be without accessTokenRef');
    const mayWrite = spec.management === 'Manage';
    const webhook = spec.webhook && { mayWrite, callbackURL: spec.webhook.callbackURL, verifyToken };
    return { token, appSecret, pin, webhook };
  }

  /** Stands for the texts where they must not be: another one where one of them is another. */
  fingerprint({ token, appSecret, pin, webhook }: NumberSecrets): string {
    return hashOf([token, appSecret, pin, webhook?.verifyToken].map((text) => (text ? hashOf(text.reveal()) : '')));
  }
}
