// SPDX-License-Identifier: Apache-2.0
// Every setting, declared and observed: what is written to Meta, and what a reader is told.
import { describe, expect, it } from 'vitest';
import { compareCalling, describeDifferences } from '../../../../operator/meta/calling/compare.ts';
import { toWrite } from '../../../../operator/meta/calling/write.ts';
import { declare, MEDIA, observe, type Pair } from './declared.ts';
import { MEDIA_PAIRS, SERVER_PAIRS, STATUS_PAIRS } from './sippairs.ts';
import { HOLIDAY_PAIRS, HOURS_PAIRS, ICON_PAIRS, VOICEMAIL_PAIRS } from './userpairs.ts';

const GROUPS = {
  'calling and what is unknown': STATUS_PAIRS,
  'SIP server': SERVER_PAIRS,
  'media and webhooks': MEDIA_PAIRS,
  'what users see': ICON_PAIRS,
  hours: HOURS_PAIRS,
  holidays: HOLIDAY_PAIRS,
  voicemail: VOICEMAIL_PAIRS,
};

/** What arrives over the wire. */
const sent = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const judge = ({ declared, observed, ...rest }: Pair) => {
  const announcementID = 'announcementID' in rest ? rest.announcementID : MEDIA;
  const wanted = declare(declared, { announcementID });
  const differences = compareCalling(wanted, observe(sent(observed)));
  return { write: sent(toWrite(wanted, differences)), differences: describeDifferences(differences) };
};

describe.each(Object.entries(GROUPS))('%s', (_, pairs) => {
  it.each(pairs.map((pair) => [pair.is, pair] as const))('%s', (__, pair) => {
    expect(judge(pair)).toEqual({ write: sent(pair.write), differences: pair.differences });
  });
});

it('the table has at least 80 pairs, each with a name of its own', () => {
  const names = Object.values(GROUPS).flatMap((pairs) => pairs.map(({ is }) => is));
  expect(names.length).toBeGreaterThanOrEqual(80);
  expect(new Set(names).size).toBe(names.length);
});
