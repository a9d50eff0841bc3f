// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { tooLarge, withheld } from '../../../operator/controllers/gateway/withheld.ts';
import type { WhatsAppNumber } from '../../../operator/api/whatsappnumber.ts';
import { gateway, number } from '../builders.ts';

const saying = (name: string, phoneNumber: string, status: 'True' | 'False', generation = 1): WhatsAppNumber => ({
  ...number(name, phoneNumber),
  status: {
    conditions: [
      { type: 'Programmed', status, reason: 'Applied', message: '', observedGeneration: generation, lastTransitionTime: '2026-01-01T00:00:00Z' },
    ],
  },
});

describe('a snapshot', () => {
  const sales = saying('sales', '+15550001111', 'True');
  const facts = { gateway: gateway(), numbers: [sales], isKnown: () => true, unseen: [] };

  it('is published where it takes nothing away', () => {
    expect(withheld(facts)).toBeUndefined();
    expect(withheld({ ...facts, isKnown: () => false, numbers: [saying('new', '+15550002222', 'False'), number('newer', '+15550003333')] })).toBeUndefined();
  });

  it('is withheld while the password of a number that is served is not known, and says whose', () => {
    expect(withheld({ ...facts, isKnown: () => false })?.message).toContain('Secret "default-snapshot" was lost: the proxies keep what they have');
    const both = withheld({ ...facts, numbers: [sales, saying('help', '+15550002222', 'True')], isKnown: () => false });
    expect(both?.message).toContain('number "sales" and 1 more again');
  });

  it('is withheld while the copy of the cluster lacks a number that is served', () => {
    expect(withheld({ ...facts, unseen: ['sales'] })?.message).toBe('the operator does not see number "sales" yet, which the proxies serve');
  });

  it('is withheld where it is larger than a Secret or a proxy may have it, with both sizes', () => {
    expect(tooLarge({ packed: 1_000_000, plain: 24 * 2 ** 20 })).toBeUndefined();
    expect(tooLarge({ packed: 1_000_001, plain: 100 })).toMatchObject({ reason: 'ConfigurationTooLarge', stalled: true });
    expect(tooLarge({ packed: 1000, plain: 30_000_000 })?.message).toMatch(/^numbers and routes take 30000 kB, 1 kB packed, of 25166 kB and 1000 kB:/);
  });
});
