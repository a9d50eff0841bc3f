// SPDX-License-Identifier: Apache-2.0
// What a person sees of calls by the command line, from outside the cluster.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { apply } from '../stage/install.ts';
import { numberManifest, routeManifest } from './manifests.ts';
import { known, remove, told } from './numbers.ts';
import { hangUp, hears, place, USER_TONE } from './talk.ts';
import { NAMESPACE, PBXS, SALES, theWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await theWorld();
});

const main = join(import.meta.dirname, '../../cli/main.ts');

/** What `trunkline` prints. */
async function trunkline(...words: string[]): Promise<string> {
  const args = [main, ...words, '-n', NAMESPACE, '--kubeconfig', world.cluster.kubeconfig];
  return (await promisify(execFile)(process.execPath, args, { maxBuffer: 2 ** 24 })).stdout;
}

const USER = '+447700900123';

describe('a call', () => {
  it('is listed while it is up, and drawn with both legs and without its user’s number, keys and credentials', async () => {
    const call = await place(world, SALES, { from: USER });
    await hears(call, PBXS.alpha, 1);
    const listed = (await trunkline('calls')).split('\n').find((line) => line.includes(call.callId)) ?? '';
    expect(listed).toContain(`${SALES.phoneNumber}  Inbound    ${NAMESPACE}/sales`);
    expect(listed).toMatch(/ up +\d+s$/);
    await hangUp(call);
    expect(await trunkline('calls')).not.toContain(call.callId);
    const ladder = await trunkline('trace', call.callId.slice(-12));
    expect(ladder).toMatch(/WhatsApp +proxy [\d.]+ +[\d.]+:5060/);
    expect(ladder).toMatch(/ INVITE SRTP opus .*▶/);
    expect(ladder).toMatch(/◀─* 407 /);
    expect(ladder).toMatch(/answered after [\d.]+ s, ended by WhatsApp after [\d.]+ s/);
    const json = await trunkline('trace', call.callId, '-o', 'json');
    expect(json).toContain('inline:(left out)');
    expect(json).not.toMatch(new RegExp(`${USER.slice(4, -2)}|response=|inline:[A-Za-z0-9+/]`));
    expect((await trunkline('trace', call.callId, '-o', 'pcap')).length).toBeGreaterThan(2000);
  });

  it('that was refused is told with its reason and cure', async () => {
    const number = known(world, 'nowhere');
    await apply(world.cluster, [numberManifest(number), routeManifest('nowhere', ['nowhere'], 'sip:desk@nowhere.pbx.svc.cluster.local')], NAMESPACE);
    await told(world, 'wan', 'nowhere', { type: 'Ready' });
    const call = await world.meta.call({ to: number.phoneNumber, tone: USER_TONE });
    expect(call.result).toMatchObject({ status: 503 });
    const ladder = await trunkline('trace', call.callId);
    expect(ladder).toContain('503 Destination Unreachable: the proxy’s own answer');
    expect(ladder).toContain('cure    check the route\'s URI from inside the cluster');
    await remove(world, 'nowhere');
  });

  it('that no proxy remembers gets a sentence', async () => {
    await expect(trunkline('trace', 'no-such-call')).rejects.toThrow('no proxy remembers a call whose id has "no-such-call" in it');
  });
});
