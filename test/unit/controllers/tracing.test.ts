// SPDX-License-Identifier: Apache-2.0
// For how long traces of a number's calls show users' numbers: asked for by an annotation, granted, told and ended.
import { beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { WhatsAppNumber } from '../../../operator/api/whatsappnumber.ts';
import { TracingController } from '../../../operator/controllers/tracing/reconcile.ts';
import { toEntry } from '../../../operator/routing/translate.ts';
import { TRACE, tracedUntil } from '../../../operator/routing/traced.ts';
import { gateway, number } from '../builders.ts';

const patched = z.object({ metadata: z.object({ annotations: z.record(z.string(), z.string().nullable()) }) });
const NOW = Date.UTC(2026, 5, 15, 10);
let sales: WhatsAppNumber;
let told: string[];
let at: number;
let tracing: TracingController;

beforeEach(() => {
  sales = number('sales', '+15550001111');
  told = [];
  at = NOW;
  tracing = new TracingController({
    client: {
      mergePatch: async (_, __, patch) => {
        const { annotations } = patched.parse(patch).metadata;
        const kept = Object.entries({ ...sales.metadata.annotations, ...annotations }).filter((each): each is [string, string] => each[1] !== null);
        sales = { ...sales, metadata: { ...sales.metadata, annotations: Object.fromEntries(kept) } };
        return { apiVersion: sales.apiVersion, kind: sales.kind, metadata: { name: 'sales', namespace: 'voice', uid: 'u', resourceVersion: '2' } };
      },
    },
    numbers: { get: () => sales },
    events: { record: ({ reason, note }) => told.push(`${reason}: ${note}`) },
    clock: { date: () => new Date(at) },
  });
});

const ask = (text: string): void => {
  sales = { ...sales, metadata: { ...sales.metadata, annotations: { [TRACE.asked]: text, other: 'x' } } };
};

describe('an annotation that asks for a trace', () => {
  it('is taken off and granted, until the time is over', async () => {
    ask('15m');
    await tracing.reconcile('voice/sales');
    expect(sales.metadata.annotations).toEqual({ other: 'x', [TRACE.until]: '2026-06-15T10:15:00.000Z' });
    expect(told).toEqual(['Traced: traces of its calls show users’ numbers until 2026-06-15T10:15:00.000Z']);
    expect(await tracing.reconcile('voice/sales')).toBe(900_000);
    at += 900_000;
    expect(await tracing.reconcile('voice/sales')).toBeUndefined();
    expect(sales.metadata.annotations).toEqual({ other: 'x' });
  });

  it.each(['now', '', '15', '0m', '25h', '15 m', '-3m'])('as "%s" is taken off and refused with a sentence', async (text) => {
    ask(text);
    await tracing.reconcile('voice/sales');
    expect(sales.metadata.annotations).toEqual({ other: 'x' });
    expect(told).toEqual([`TraceRefused: trunkline.dev/trace is "${text}": write a time of at most a day, such as 15m, 90s or 2h`]);
  });
});

it('a trace that somebody has granted for longer than a day is ended, with a sentence', async () => {
  sales = { ...sales, metadata: { ...sales.metadata, annotations: { [TRACE.until]: '2099-01-01T00:00:00.000Z' } } };
  await tracing.reconcile('voice/sales');
  expect(sales.metadata.annotations).toEqual({});
  expect(told).toEqual([expect.stringContaining('TraceRefused: trunkline.dev/traced-until is 2099-01-01T00:00:00.000Z')]);
});

describe('a trace that is granted', () => {
  const view = { gateway: () => undefined, number: () => undefined, numbersOf: () => [], rivalsOf: () => [], routesOf: () => [], ha1: () => 'x', proof: () => undefined, password: () => undefined, insideAddress: () => undefined, media: () => [] };

  it('is told to the proxies, and one that nobody can read is none', () => {
    const until = (text: string): WhatsAppNumber => ({ ...sales, metadata: { ...sales.metadata, annotations: { [TRACE.until]: text } } });
    expect(toEntry(view, until('2026-06-15T10:15:00.000Z'), gateway())?.tracedUntil).toBe('2026-06-15T10:15:00.000Z');
    expect(toEntry(view, sales, gateway())).not.toHaveProperty('tracedUntil');
    expect(tracedUntil(until('soon'))).toBeUndefined();
  });
});
