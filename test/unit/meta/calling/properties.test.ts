// SPDX-License-Identifier: Apache-2.0
// What holds for any declared settings and anything that Meta may have.
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { calling } from '../../../../operator/api/calling.ts';
import { compareCalling, describeDifferences, foreignServers } from '../../../../operator/meta/calling/compare.ts';
import { observedCalling, restrictionsOf } from '../../../../operator/meta/calling/observed.ts';
import { fingerprint } from '../../../../operator/meta/calling/wanted.ts';
import { stage, toWrite, type CallingWrite } from '../../../../operator/meta/calling/write.ts';
import { FOREIGN_MARK, quirks, specs, spellings, states } from './arbitraries.ts';
import { declare, MEDIA, NOW, observe } from './declared.ts';
import { MetaModel, type Spelling } from './metamodel.ts';

const TODAY = '2026-06-15';
const sent = (write: CallingWrite): Record<string, unknown> =>
  z.record(z.string(), z.unknown()).parse(JSON.parse(JSON.stringify(write)));

/** One pass: what is written, for all that Meta shows in this spelling. */
function pass(
  meta: MetaModel,
  spec: object,
  { spelling, pathAnswers }: { spelling: Spelling; pathAnswers: boolean },
): Record<string, unknown> {
  const wanted = declare(spec);
  const observation = observe(meta.get(spelling));
  const { now } = stage(compareCalling(wanted, observation), observation, pathAnswers);
  const write = sent(toWrite(wanted, now));
  if (now.length > 0) meta.post(write);
  return write;
}

const sip = (meta: MetaModel) =>
  z
    .object({ status: z.string(), servers: z.array(z.object({ app_id: z.number(), hostname: z.string() })) })
    .partial()
    .parse(meta.calling['sip'] ?? {});

describe('once the path answers', () => {
  it('one write brings everything about, and there is no second one, however Meta spells it', () => {
    fc.assert(
      fc.property(specs, states, quirks, fc.tuple(spellings, spellings), (spec, state, quirk, [first, second]) => {
        const meta = new MetaModel(state, TODAY, quirk);
        pass(meta, spec, { spelling: first, pathAnswers: true });
        const after = meta.calling;
        expect(compareCalling(declare(spec), observe(meta.get(second)))).toEqual([]);
        expect(pass(meta, spec, { spelling: second, pathAnswers: true })).toEqual({});
        expect(meta.calling).toEqual(after);
      }),
      { numRuns: 400 },
    );
  });

  it('leaves servers of other apps where they are', () => {
    fc.assert(
      fc.property(specs, states, spellings, (spec, state, spelling) => {
        const meta = new MetaModel(state, TODAY, { sipForgetsKeyExchange: true });
        const foreign = () => (sip(meta).servers ?? []).filter(({ app_id: app }) => app === 42 || app === 43);
        const before = foreign();
        pass(meta, spec, { spelling, pathAnswers: true });
        expect(foreign()).toEqual(before);
        expect(foreignServers(observe(meta.get(spelling)), 'sip.example.com')).toHaveLength(before.length);
      }),
    );
  });
});

describe('before the path answers', () => {
  it('calling and the icon are not switched on, and calls that are taken today stay where they are', () => {
    fc.assert(
      fc.property(specs, states, spellings, (spec, state, spelling) => {
        const meta = new MetaModel(state, TODAY, { sipForgetsKeyExchange: true });
        const before = meta.calling;
        const servers = sip(meta);
        const isLive = before['status'] === 'ENABLED';
        pass(meta, spec, { spelling, pathAnswers: false });
        const after = meta.calling;
        const switchedOn = before['status'] !== 'ENABLED' && after['status'] === 'ENABLED';
        const shown = before['call_icon_visibility'] === 'DISABLE_ALL' && after['call_icon_visibility'] !== 'DISABLE_ALL';
        const keyExchange = 'srtp_key_exchange_protocol';
        const moved = isLive && !isDeepStrictEqual([sip(meta), after[keyExchange]], [servers, before[keyExchange]]);
        expect({ switchedOn, shown, moved }).toEqual({ switchedOn: false, shown: false, moved: false });
      }),
    );
  });

  it('everything else is written, and nothing again and again', () => {
    fc.assert(
      fc.property(specs, states, spellings, (spec, state, spelling) => {
        const meta = new MetaModel(state, TODAY, { sipForgetsKeyExchange: false });
        pass(meta, spec, { spelling, pathAnswers: false });
        // What goes off is live no more, so its server can follow.
        pass(meta, spec, { spelling, pathAnswers: false });
        expect(pass(meta, spec, { spelling, pathAnswers: false })).toEqual({});
        const observation = observe(meta.get(spelling));
        const open = compareCalling(declare(spec), observation).map(({ field }) => field);
        const mayWait = [
          'status',
          'call_icon_visibility',
          'sip.status',
          'sip.servers',
          'sip.webhook_delivery',
          'srtp_key_exchange_protocol',
        ];
        expect(open.filter((field) => !mayWait.includes(field))).toEqual([]);
        pass(meta, spec, { spelling, pathAnswers: true });
        expect(compareCalling(declare(spec), observe(meta.get(spelling)))).toEqual([]);
      }),
    );
  });
});

const capitals = (text: string): string => text.toUpperCase();
const digits = (time: string): string => time.replace(':', '');

/** Every member that a spec may bring about at Meta, as facts have it; what it does not declare is undefined. */
function owned(spec: object): Record<string, unknown> {
  const { status, icon, callbackPermission, hours, requestURIParameters, additionalCodecs, webhookDelivery, voicemail } =
    calling.parse(spec);
  const parameters = Object.keys(requestURIParameters).length > 0 ? { request_uri_user_params: requestURIParameters } : {};
  return {
    status: capitals(status),
    call_icon_visibility: icon?.visibility && { Shown: 'DEFAULT', Hidden: 'DISABLE_ALL' }[icon.visibility],
    call_icons: icon?.countries && { restrict_to_user_countries: icon.countries.toSorted() },
    callback_permission_status: callbackPermission && capitals(callbackPermission),
    call_hours: hours && {
      status: capitals(hours.status),
      timezone_id: hours.timeZone,
      weekly_operating_hours: hours.weekly.map(({ day, open, close }) => ({
        day_of_week: capitals(day),
        open_time: digits(open),
        close_time: digits(close),
      })),
      holiday_schedule: hours.holidays
        .filter(({ date }) => date >= TODAY)
        .map(({ date, open, close }) => ({ date, start_time: digits(open), end_time: digits(close) })),
    },
    sip: {
      status: 'ENABLED',
      servers: [{ hostname: 'sip.example.com', port: 5061, ...parameters }],
      ...(webhookDelivery ? { webhook_delivery: capitals(webhookDelivery) } : {}),
    },
    srtp_key_exchange_protocol: 'SDES',
    audio: { additional_codecs: additionalCodecs.toSorted() },
    voicemail: voicemail && {
      status: capitals(voicemail.status),
      triggers: voicemail.triggers.map(capitals).toSorted(),
      audio: {
        default: {
          announcement_media_id: Number(MEDIA),
          ...(voicemail.timeoutSeconds === undefined ? {} : { timeout_seconds: voicemail.timeoutSeconds }),
        },
      },
    },
  };
}

describe('a write', () => {
  it('has members that are declared, whole and as declared, and nothing else, whatever Meta shows', () => {
    fc.assert(
      fc.property(specs, states, spellings, (spec, state, spelling) => {
        const wanted = declare(spec);
        const observation = observe(new MetaModel(state, TODAY, { sipForgetsKeyExchange: false }).get(spelling));
        const write = sent(toWrite(wanted, compareCalling(wanted, observation)));
        const ours = owned(spec);
        for (const [member, value] of Object.entries(write)) expect({ [member]: value }).toEqual({ [member]: ours[member] });
        expect(JSON.stringify(write)).not.toContain(FOREIGN_MARK);
      }),
      { numRuns: 400 },
    );
  });

  it('never has SIP without the key exchange, or the other way round', () => {
    fc.assert(
      fc.property(specs, states, spellings, (spec, state, spelling) => {
        const wanted = declare(spec);
        const write = toWrite(
          wanted,
          compareCalling(wanted, observe(new MetaModel(state, TODAY, { sipForgetsKeyExchange: true }).get(spelling))),
        );
        expect('sip' in write).toBe('srtp_key_exchange_protocol' in write);
      }),
    );
  });
});

describe('a comparison', () => {
  it('does not depend on spelling and the order of lists', () => {
    fc.assert(
      fc.property(specs, states, spellings, spellings, (spec, state, a, b) => {
        const meta = new MetaModel(state, TODAY, { sipForgetsKeyExchange: false });
        const wanted = declare(spec);
        expect(compareCalling(wanted, observe(meta.get(a)))).toEqual(compareCalling(wanted, observe(meta.get(b))));
      }),
    );
  });

  const keys = [
    'status sip servers port app_id hostname request_uri_user_params call_hours weekly_operating_hours holiday_schedule',
    'date start_time open_time close_time day_of_week timezone_id voicemail audio default triggers timeout_seconds',
    'announcement_media_id additional_codecs call_icons restrict_to_user_countries restrictions restrictions_list',
    'restriction_list type expiration toString valueOf __proto__',
  ].flatMap((row) => row.split(' '));
  const { json } = fc.letrec<{ json: unknown; object: unknown }>((tie) => ({
    json: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom<unknown[]>('ENABLED', '0900', 900, 'x', '', 0, -1, 1e300, true, null),
      fc.jsonValue({ maxDepth: 1 }),
      fc.array(tie('json'), { maxLength: 2 }),
      tie('object'),
    ),
    object: fc.dictionary(fc.constantFrom(...keys), tie('json'), { maxKeys: 8 }),
  }));

  it('of any JSON at all says what is wrong with it, or judges it', () => {
    let judged = 0;
    fc.assert(
      fc.property(json, specs, (document, spec) => {
        // Throws nothing by itself, whatever the document is.
        const read = observedCalling.safeParse(JSON.parse(JSON.stringify(document)));
        if (!read.success) return;
        judged += 1;
        const wanted = declare(spec);
        const observation = { calling: read.data, appID: undefined };
        const differences = compareCalling(wanted, observation);
        const seen = [toWrite(wanted, differences), stage(differences, observation, false), restrictionsOf(read.data)];
        expect(`${describeDifferences(differences)} ${JSON.stringify(seen)}`).not.toContain('undefined');
      }),
      { numRuns: 2000 },
    );
    expect(judged).toBeGreaterThan(20);
  });
});

describe('the fingerprint of a declaration', () => {
  it('is the same on any day', () => {
    fc.assert(
      fc.property(
        specs,
        fc.date({ min: new Date('2026-01-01'), max: new Date('2028-01-01'), noInvalidDate: true }),
        (spec, now) => {
          expect(fingerprint(declare(spec, { now }))).toBe(fingerprint(declare(spec, { now: NOW })));
        },
      ),
    );
  });

  it('is another one for whatever else is declared, a holiday included: no edit of a spec may look like drift', () => {
    fc.assert(
      fc.property(specs, specs, (a, b) => {
        fc.pre(JSON.stringify(calling.parse(a)) !== JSON.stringify(calling.parse(b)));
        expect(fingerprint(declare(a))).not.toBe(fingerprint(declare(b)));
      }),
    );
    const hours = { timeZone: 'UTC', weekly: [{ day: 'Monday', open: '09:00', close: '17:00' }] };
    const holidays = [{ date: '2026-12-25', open: '00:00', close: '12:00' }];
    expect(fingerprint(declare({ hours: { ...hours, holidays } }))).not.toBe(fingerprint(declare({ hours })));
  });
});
