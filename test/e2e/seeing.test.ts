// SPDX-License-Identifier: Apache-2.0
// What a person sees of calls by the command line, from outside the cluster.
import { beforeAll, describe, expect, it } from 'vitest';
import { cseq, header } from '../meta/sip/message.ts';
import { Desk } from '../pbx/desk.ts';
import { apply } from '../stage/install.ts';
import { STRANGER_ADDRESS } from '../stage/meta.ts';
import { trunkline } from './commandline.ts';
import { waitFor } from '../stage/wait.ts';
import { numberManifest, routeManifest } from './manifests.ts';
import { declare, known, kubectl, read, remove, told } from './numbers.ts';
import { metricsOf } from './office.ts';
import { expectClean, hangUp, hears, place, USER_TONE } from './talk.ts';
import { NAMESPACE, PBXS, SALES, theWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await theWorld();
});

const USER = '+447700900123';

describe('a call', () => {
  it('is listed while it is up, and drawn with both legs and without its user’s number, keys and credentials', async () => {
    const call = await place(world, SALES, { from: USER });
    await hears(call, PBXS.alpha, 1);
    const listed = (await trunkline(world, 'calls')).split('\n').find((line) => line.includes(call.callId)) ?? '';
    expect(listed.split(/ {2,}/).slice(1)).toEqual([SALES.phoneNumber, 'Inbound', `${NAMESPACE}/sales`, expect.stringContaining(PBXS.alpha.uri.slice(9)), 'up', expect.stringMatching(/^\d+s$/)]);
    await hangUp(call);
    expect(await trunkline(world, 'calls')).not.toContain(call.callId);
    const ladder = await trunkline(world, 'trace', call.callId.slice(-12));
    expect(ladder).toMatch(/WhatsApp +proxy [\d.]+ +[\d.]+:5060/);
    expect(ladder).toMatch(/ INVITE SRTP opus .*▶/);
    expect(ladder).toMatch(/◀─* 407 /);
    expect(ladder).toMatch(/answered after [\d.]+ s, ended by WhatsApp after [\d.]+ s/);
    const json = await trunkline(world, 'trace', call.callId, '-o', 'json');
    expect(json).toContain('inline:(left out)');
    expect(json).not.toMatch(new RegExp(`${USER.slice(4, -2)}|response=|inline:[A-Za-z0-9+/]`));
    expect((await trunkline(world, 'trace', call.callId, '-o', 'pcap')).length).toBeGreaterThan(2000);
  });

  it('that was refused is told with its reason and cure', async () => {
    const number = known(world, 'nowhere');
    await apply(world.cluster, [numberManifest(number), routeManifest('nowhere', ['nowhere'], 'sip:desk@nowhere.pbx.svc.cluster.local')], NAMESPACE);
    await told(world, 'wan', 'nowhere', { type: 'Ready' });
    const call = await world.meta.call({ to: number.phoneNumber, tone: USER_TONE });
    expect(call.result).toMatchObject({ status: 503 });
    const ladder = await trunkline(world, 'trace', call.callId);
    expect(ladder).toContain('503 Destination Unreachable: the proxy’s own answer');
    expect(ladder).toContain('cure    check the route\'s URI from inside the cluster');
    await remove(world, 'nowhere');
  });

  it('is ended at both ends by the command', async () => {
    const desk = await Desk.open({ address: STRANGER_ADDRESS, tone: 1300, codecs: ['PCMA'], transport: 'TCP' });
    const number = known(world, 'ended');
    await apply(world.cluster, [numberManifest(number), routeManifest('ended', ['ended'], desk.uri)], NAMESPACE);
    await told(world, 'wan', 'ended', { type: 'Ready' });
    const call = await place(world, number);
    await hears(call, { name: 'the desk', tone: 1300 }, 1);
    expect(await trunkline(world, 'hangup', call.callId)).toBe(`ended ${call.callId}\n`);
    expect((await call.ended).by).toBe('business');
    expectClean(call);
    const bye = await waitFor('the desk to hear of it', () => desk.requests.find(({ method }) => method === 'BYE'));
    expect([header(bye, 'Call-ID'), cseq(bye).number > cseq(desk.invite).number]).toEqual([call.callId, true]);
    await expect(trunkline(world, 'hangup', call.callId)).rejects.toThrow('no live call has');
    desk.close();
    await remove(world, 'ended');
  });

  it('is counted by whose it was and what became of it, with the time until it was answered', async () => {
    const number = known(world, 'tallied');
    await declare(world, number);
    await told(world, 'wan', 'tallied', { type: 'Ready' });
    const call = await place(world, number);
    await hears(call, PBXS.beta, 1);
    const lines = (await metricsOf(world)).flatMap((text) => text.split('\n'));
    const outcomes = lines.filter((line) => line.startsWith('trunkline_call_outcomes_total{') && line.includes(`number="${number.phoneNumber.slice(1)}"`));
    expect(outcomes).toEqual([expect.stringMatching(new RegExp(`direction="inbound".*route="${NAMESPACE}/tallied".*destination="[^"]+".*result="answered".* 1$`))]);
    const destination = /destination="([^"]+)"/.exec(outcomes.join())?.[1] ?? '';
    expect(lines).toContainEqual(expect.stringMatching(/^trunkline_call_setup_seconds_count\{.*\} [1-9]/));
    expect(lines.filter((line) => line.startsWith('trunkline_call_setup_seconds_count')).join('\n')).toContain(`destination="${destination}"`);
    await hangUp(call);
    await remove(world, 'tallied');
  });

  it('of a number that is traced is drawn with its user’s number, and still without keys and credentials', async () => {
    const number = known(world, 'traced');
    await declare(world, number);
    await told(world, 'wan', 'traced', { type: 'Ready' });
    await kubectl(world, 'annotate', 'wan', 'traced', 'trunkline.dev/trace=15m');
    await waitFor('the trace to be granted', async () => (await read(world, 'traced')).metadata.annotations?.['trunkline.dev/traced-until']);
    // The proxies hear of it a moment later.
    const json = await waitFor('a call to show its user', async () => {
      const call = await place(world, number, { from: USER });
      await hears(call, PBXS.beta, 1);
      await hangUp(call);
      const drawn = await trunkline(world, 'trace', call.callId, '-o', 'json');
      return drawn.includes(USER.slice(1)) ? drawn : undefined;
    });
    expect((await read(world, 'traced')).metadata.annotations).not.toHaveProperty(['trunkline.dev/trace']);
    expect(json).toContain('inline:(left out)');
    expect(json).not.toMatch(/response=|inline:[A-Za-z0-9+/]/);
    await remove(world, 'traced');
  });

  it('that no proxy remembers gets a sentence', async () => {
    await expect(trunkline(world, 'trace', 'no-such-call')).rejects.toThrow('no proxy remembers a call whose id has "no-such-call" in it');
  });
});
