// SPDX-License-Identifier: Apache-2.0
// The voicemail announcement: read from its ConfigMap, checked, uploaded to Meta when it is new there.
import * as z from 'zod';
import type { WhatsAppNumber, WhatsAppNumberStatus } from '../../api/whatsappnumber.ts';
import type { KubeClient } from '../../kube/client.ts';
import { announcementFingerprint, announcementProblem } from '../../meta/announcement.ts';
import * as kinds from '../shared/kinds.ts';

const configMap = z.object({ binaryData: z.record(z.string(), z.string()).default({}) });

export type Uploaded = NonNullable<NonNullable<WhatsAppNumberStatus['settings']>['announcement']>;

export type Announcement =
  | { kind: 'none' }
  | { kind: 'problem'; message: string }
  | { kind: 'file'; fingerprint: string; audio: Uint8Array<ArrayBuffer> };

/** Reads and checks what spec.calling.voicemail names. */
export async function readAnnouncement(client: KubeClient, { metadata: { namespace }, spec }: WhatsAppNumber): Promise<Announcement> {
  const ref = spec.calling.voicemail?.announcementRef;
  if (!ref) return { kind: 'none' };
  const found = await client.find(kinds.CONFIG_MAP, { namespace, name: ref.name });
  if (!found) return problem(`ConfigMap "${ref.name}" does not exist: create it with the announcement under key "${ref.key}" of its binaryData`);
  const text = configMap.parse(found).binaryData[ref.key];
  if (!text) return problem(`ConfigMap "${ref.name}" has no key "${ref.key}" in its binaryData: put the announcement there (kubectl create configmap --from-file)`);
  const audio = new Uint8Array(Buffer.from(text, 'base64'));
  const wrong = announcementProblem(audio);
  if (wrong) return problem(`key "${ref.key}" of ConfigMap "${ref.name}" is no announcement: ${wrong}. Meta takes Opus in Ogg under a minute`);
  return { kind: 'file', audio, fingerprint: announcementFingerprint(audio) };
}

const problem = (message: string): Announcement => ({ kind: 'problem', message });
