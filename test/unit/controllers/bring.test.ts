// SPDX-License-Identifier: Apache-2.0
// Observe, compare, apply, read back, against a Meta of plain functions.
import { describe, expect, it } from 'vitest';
import { bring, type BringInput } from '../../../operator/controllers/settings/bring.ts';
import { fingerprint } from '../../../operator/meta/calling/wanted.ts';
import type { CallingWrite } from '../../../operator/meta/calling/write.ts';
import { number } from '../builders.ts';
import { BROUGHT, declare, observe } from '../meta/calling/declared.ts';

const NOW = new Date('2026-06-15T10:00:00Z');
const CODEC = { calling: { additionalCodecs: ['PCMA'] } };
const gap = { gateway: false, what: 'every proxy serves the number' };

/** A Meta whose settings a write replaces member by member, or that shows nothing of what it takes. */
class FakeMeta {
  readonly log: string[] = [];
  readonly writes: CallingWrite[] = [];
  calling: object;
  isBlind = false;
  refusal: Error | undefined;

  constructor(calling: object) {
    this.calling = calling;
  }

  input(spec: Record<string, unknown>, more: Partial<BringInput> = {}): BringInput {
    const declared = number('sales', '+15550001111', { spec });
    return {
      number: declared,
      wanted: declare(declared.spec.calling),
      applied: undefined,
      notes: [],
      path: undefined,
      now: NOW,
      read: async () => {
        this.log.push('read');
        return observe(this.calling);
      },
      write: async (calling) => {
        this.log.push('write');
        if (this.refusal) throw this.refusal;
        this.writes.push(calling);
        if (!this.isBlind) this.calling = { ...this.calling, ...JSON.parse(JSON.stringify(calling)) };
      },
      wrote: (differences, isDrift) =>
        void this.log.push(`${isDrift ? 'drift' : 'told'} ${differences.map(({ field }) => field).join()}`),
      isFresh: () => false,
      ...more,
    };
  }
}

const applied = (spec: { calling: object }): string => fingerprint(declare(spec.calling));

describe('settings that are as declared', () => {
  it('are read once and not written', async () => {
    const meta = new FakeMeta(BROUGHT);
    const brought = await bring(meta.input({}, { notes: ['past holidays are left out: 2026-01-01'] }));
    expect(brought).toMatchObject({
      wrote: false,
      complete: true,
      held: [],
      settings: { status: 'True', reason: 'SettingsApplied' },
      drifted: { status: 'False', reason: 'NoDrift' },
    });
    expect(brought.settings.message).toBe('Meta’s settings are as declared; past holidays are left out: 2026-01-01');
    expect(meta.log).toEqual(['read']);
  });
});

describe('settings that differ', () => {
  it('are written, told, read back, and then there is nothing to do', async () => {
    const meta = new FakeMeta(BROUGHT);
    const brought = await bring(meta.input(CODEC));
    expect(meta.log).toEqual(['read', 'write', 'told audio.additional_codecs', 'read']);
    expect(meta.writes).toEqual([{ audio: { additional_codecs: ['PCMA'] } }]);
    expect(brought).toMatchObject({
      wrote: true,
      complete: true,
      settings: { status: 'True', message: 'Meta’s settings were written and read back as declared' },
    });
    expect(brought.drifted).toMatchObject({ reason: 'NoDrift' });
    expect(await bring(meta.input(CODEC))).toMatchObject({ wrote: false, complete: true });
  });

  it('that read back differently say what Meta has now', async () => {
    const meta = new FakeMeta(BROUGHT);
    meta.isBlind = true;
    const brought = await bring(meta.input(CODEC));
    expect(brought).toMatchObject({ wrote: true, complete: false, settings: { status: 'False', reason: 'SettingsDiffer' } });
    expect(brought.settings.message).toBe(
      'Meta took the settings, and reads back: audio.additional_codecs is none, declared PCMA',
    );
  });

  it('are not written again a moment later, as Meta may not show it yet', async () => {
    const meta = new FakeMeta(BROUGHT);
    const asked: CallingWrite[] = [];
    const isFresh = (calling: CallingWrite): boolean => asked.push(calling) > 0;
    const brought = await bring(meta.input(CODEC, { isFresh }));
    expect(meta.log).toEqual(['read']);
    expect(asked).toEqual([{ audio: { additional_codecs: ['PCMA'] } }]);
    expect(brought).toMatchObject({ wrote: false, complete: false, settings: { reason: 'SettingsDiffer' } });
  });

  it('that Meta refuses are told to nobody as written', async () => {
    const meta = new FakeMeta(BROUGHT);
    meta.refusal = new Error('no');
    await expect(bring(meta.input(CODEC))).rejects.toThrow('no');
    expect(meta.log).toEqual(['read', 'write']);
  });

  it('are only shown where a number is observed', async () => {
    const meta = new FakeMeta({});
    const brought = await bring(meta.input({ management: 'Observe' }));
    expect(meta.log).toEqual(['read']);
    expect(brought).toMatchObject({ wrote: false, complete: false, settings: { status: 'False', reason: 'Observing' } });
    expect(brought.settings.advisory).toBeUndefined();
    expect(brought.settings.message).toMatch(
      /^status is DISABLED, declared ENABLED; .*; nothing is written, as spec\.management is Observe$/,
    );
    expect(brought.drifted).toMatchObject({ reason: 'NoDrift' });
  });

  it('and keep no calls away are advice where a number is observed', async () => {
    expect((await bring(new FakeMeta(BROUGHT).input({ management: 'Observe', ...CODEC }))).settings.advisory).toBe(true);
  });
});

describe('settings that somebody changed at Meta', () => {
  const drifted = (more: Partial<BringInput> = {}, spec: Record<string, unknown> = {}) => {
    const meta = new FakeMeta(BROUGHT);
    return { meta, input: meta.input({ ...CODEC, ...spec }, { applied: applied(CODEC), ...more }) };
  };

  it('are named and put right', async () => {
    const { meta, input } = drifted();
    const brought = await bring(input);
    expect(meta.log).toEqual(['read', 'write', 'drift audio.additional_codecs', 'read']);
    expect(brought).toMatchObject({
      complete: true,
      settings: { status: 'True' },
      drifted: { status: 'False', reason: 'DriftCorrected', advisory: true },
    });
    expect(brought.drifted.message).toBe('at 2026-06-15T10:00Z audio.additional_codecs is none, declared PCMA; put right');
  });

  it('stay on record after they were put right, until the next drift', async () => {
    const { input } = drifted();
    const { message } = (await bring(input)).drifted;
    const conditions = [
      {
        type: 'Drifted',
        status: 'False' as const,
        reason: 'DriftCorrected',
        message,
        observedGeneration: 1,
        lastTransitionTime: '',
      },
    ];
    const later = new FakeMeta({ ...BROUGHT, audio: { additional_codecs: ['PCMA'] } }).input(CODEC);
    const brought = await bring({ ...later, number: { ...later.number, status: { conditions } } });
    expect(brought.drifted).toMatchObject({ status: 'False', reason: 'DriftCorrected', message });
  });

  it('are left and shown where the spec says so, and where a number is observed', async () => {
    for (const spec of [{ driftPolicy: 'Report' }, { management: 'Observe' }]) {
      const { meta, input } = drifted({}, spec);
      expect(await bring(input)).toMatchObject({
        wrote: false,
        drifted: { status: 'True', reason: 'DriftLeft', advisory: true },
      });
      expect(meta.log).toEqual(['read']);
    }
  });

  it('are told while Meta does not take the correction', async () => {
    const { meta, input } = drifted();
    meta.isBlind = true;
    expect(await bring(input)).toMatchObject({
      complete: false,
      settings: { reason: 'SettingsDiffer' },
      drifted: { status: 'True', reason: 'DriftSeen' },
    });
  });

  it('are not confused with an edit of the spec, which Report does not hold up', async () => {
    const hours = { timeZone: 'UTC', weekly: [{ day: 'Monday', open: '09:00', close: '17:00' }] };
    const before = { calling: { hours } };
    const after = { calling: { hours: { ...hours, holidays: [{ date: '2026-12-25', open: '00:00', close: '12:00' }] } } };
    const meta = new FakeMeta(BROUGHT);
    await bring(meta.input(before));
    const brought = await bring(meta.input({ ...after, driftPolicy: 'Report' }, { applied: applied(before) }));
    expect(brought).toMatchObject({ wrote: true, complete: true, drifted: { reason: 'NoDrift' } });
  });
});

describe('before the path answers', () => {
  it('everything but the switch is written', async () => {
    const meta = new FakeMeta({});
    const brought = await bring(meta.input({}, { path: gap }));
    expect(meta.writes.map((write) => Object.keys(write).toSorted())).toEqual([['sip', 'srtp_key_exchange_protocol']]);
    expect(brought).toMatchObject({
      wrote: true,
      complete: false,
      held: [{ field: 'status' }],
      settings: { status: 'False', reason: 'Activating' },
    });
    expect(brought.settings.message).toBe('status is DISABLED, declared ENABLED; written once every proxy serves the number');
  });

  it('nothing is written again, and what waits is named', async () => {
    const meta = new FakeMeta({ ...BROUGHT, status: 'DISABLED' });
    const brought = await bring(meta.input({}, { path: { gateway: true, what: 'gateway "default" can take calls' } }));
    expect(meta.log).toEqual(['read']);
    expect(brought).toMatchObject({ wrote: false, complete: false, settings: { reason: 'WaitingForGateway' } });
  });

  it('settings without anything that waits are complete', async () => {
    expect(await bring(new FakeMeta(BROUGHT).input(CODEC, { path: gap }))).toMatchObject({
      wrote: true,
      complete: true,
      held: [],
    });
  });
});
