// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { no, yes, type Verdict } from '../../../operator/api/conditions.ts';
import { WHATSAPP_NUMBER } from '../../../operator/controllers/shared/kinds.ts';
import { StatusWriter } from '../../../operator/controllers/shared/status.ts';
import type { EventRecorder } from '../../../operator/kube/events.ts';
import { number } from '../builders.ts';
import { FakeClock } from '../kube/fake-clock.ts';

/** The Events told of an object that comes to a verdict. */
async function told(verdict: Verdict): Promise<[string, string][]> {
  const events: [string, string][] = [];
  const record: EventRecorder['record'] = ({ type, reason }) => {
    events.push([type, reason]);
  };
  const client = { applyStatus: async () => ({ apiVersion: 'trunkline.dev/v1alpha1', kind: 'WhatsAppNumber', metadata: { name: 'sales' } }) };
  const writer = new StatusWriter({ client, events: { record }, clock: new FakeClock() });
  await writer.write(WHATSAPP_NUMBER, number('sales', '+15550001111'), { generation: 1, verdicts: { Programmed: verdict }, summary: 'it works' });
  return events;
}

describe('an Event', () => {
  it('tells that an object became Ready, and why it cannot', async () => {
    expect(await told(yes('Applied', 'served'))).toEqual([['Normal', 'Ready']]);
    expect(await told(no('GatewayNotFound', 'why'))).toEqual([['Warning', 'GatewayNotFound']]);
  });

  it('tells nothing of what is only on its way', async () => {
    expect(await told(no('Applying', 'soon'))).toEqual([]);
    expect(await told(no('Activating', 'soon'))).toEqual([]);
  });
});
