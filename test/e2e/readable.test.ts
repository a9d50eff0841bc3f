// SPDX-License-Identifier: Apache-2.0
// What a person sees who looks with kubectl.
import { beforeAll, describe, expect, it } from 'vitest';
import { apply } from '../stage/install.ts';
import { kinds, waitForCondition } from '../stage/kube.ts';
import { waitFor } from '../stage/wait.ts';
import { numberManifest } from './manifests.ts';
import { line, NAMESPACE, theWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await theWorld();
});

const kubectl = (...words: string[]): Promise<string> => world.cluster.kubectl(['-n', NAMESPACE, ...words]);

describe('kubectl', () => {
  it('get tells in a line what works', async () => {
    const table = await kubectl('get', 'sgw,wan,srt', 'default', 'sales', '--ignore-not-found');
    expect(table).toMatch(/sipgateway\S*\/default\s+sip\.example\.com\s+198\.19\.200\.\d+\s+True\s+sip\.example\.com takes calls for \d+ numbers at/);
    expect(table).toMatch(/whatsappnumber\S*\/sales\s+\+15550001111\s+default\s+True\s+calls to \+15550001111 are served by route "sales"/);
    expect(table).toMatch(/siproute\S*\/sales\s+Inbound\s+sales\s+0\s+sip:desk@alpha\S+\s+True\s+calls to "sales" go to sip:desk@alpha/);
  });

  it('get trunkline lists all three kinds', async () => {
    const names = await kubectl('get', 'trunkline', '-o', 'name');
    expect(names).toContain('sipgateway.trunkline.dev/default');
    expect(names).toContain('whatsappnumber.trunkline.dev/sales');
    expect(names).toContain('siproute.trunkline.dev/sales');
  });

  it('explain describes every field of the specs', async () => {
    for (const kind of ['sipgateway', 'whatsappnumber', 'siproute']) {
      const text = await kubectl('explain', `${kind}.spec`, '--recursive=false');
      expect(text).not.toContain('<no description>');
    }
  });

  it('describe of something broken tells what to do, and an Event tells when it broke', async () => {
    const number = line('broken', '+15551230000');
    await apply(world.cluster, [numberManifest(number, { accessTokenRef: { name: 'absent', key: 'token' } })], NAMESPACE);
    await waitForCondition(world.client, { kind: kinds.wan, namespace: NAMESPACE, name: 'broken', type: 'Ready', reason: 'SecretNotFound' });
    const description = await waitFor('the event', async () => {
      const text = await kubectl('describe', 'wan', 'broken');
      return /Events:\s+Type/.test(text) && text;
    });
    const cure = 'Secret "absent" does not exist: create it with the access token under key "token"';
    expect(description.split(cure).length).toBeGreaterThan(2);
    await kubectl('delete', 'wan', 'broken');
  });

  it('wait needs nothing but the Ready condition', async () => {
    expect(await kubectl('wait', '--for=condition=Ready', 'sgw/default', 'wan/sales', 'srt/sales', '--timeout=30s')).toContain('condition met');
  });

  it('shows no password and no token in any object of ours', async () => {
    const everything = await kubectl('get', 'sgw,wan,srt,deploy,pods,configmaps', '-o', 'yaml');
    const secrets = [world.meta.sipPassword(line('sales', '+15550001111').phoneNumberID, '700000000000001') ?? '', 'EXAMPLE-TOKEN'];
    for (const secret of secrets) expect(everything.includes(secret)).toBe(false);
  });
});
