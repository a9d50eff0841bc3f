// SPDX-License-Identifier: Apache-2.0
// What settings must fulfil after a write, whatever the write itself named.
import { GraphError, invalidParameter } from '../errors.ts';
import { type NumberState, restrictionsInForce, type Settings } from '../number.ts';
import type { StoredCalling } from './schema.ts';

/** The `use_case` of an upload that voicemail may name. */
export const announcementUseCase = 'call_voicemail_announcement';

interface Circumstances {
  readonly now: number;
  readonly callsHeard: boolean;
}

/** Throws the GraphError by which Meta refuses to go from what `number` has to `next`. */
export function checkResult(number: NumberState, { calling, servers }: Settings, at: Circumstances): void {
  const sipEnabled = calling.sip?.status === 'ENABLED';
  if (sipEnabled && servers.length === 0) {
    throw invalidParameter('sip.servers cannot be empty while sip.status is ENABLED');
  }
  checkVoicemail(number, calling.voicemail);
  if (calling.status !== 'ENABLED') return;
  const small = number.messagingLimit === 'TIER_250' || number.messagingLimit === 'UNTIERED';
  if (small && number.accountMode === 'LIVE') {
    const details = 'Calling needs a messaging limit of at least 2000 business-initiated conversations';
    throw new GraphError({ status: 400, code: 138015 }, 'Calling cannot be enabled', details);
  }
  if (!sipEnabled && !at.callsHeard) {
    const details = 'Neither is SIP enabled nor is an app subscribed to the calls webhook field';
    throw new GraphError({ status: 400, code: 138018 }, 'Calling cannot be enabled', details);
  }
  if (number.calling.status !== 'ENABLED' && restrictionsInForce(number, at.now).length > 0) {
    throw new GraphError({ status: 400, code: 138014 }, 'Calling is paused', 'A calling restriction is in force');
  }
}

function checkVoicemail(number: NumberState, voicemail: StoredCalling['voicemail']): void {
  if (voicemail?.status === 'ENABLED' && (voicemail.triggers ?? []).length === 0) {
    throw invalidParameter('triggers in voicemail cannot be empty when voicemail is ENABLED');
  }
  const id = voicemail?.audio?.default.announcement_media_id;
  if (id === undefined || number.media.get(String(id))?.useCase === announcementUseCase) return;
  throw invalidParameter(`announcement_media_id ${id} in voicemail is not a media of this phone number that was `
    + `uploaded with use_case=${announcementUseCase}`);
}
