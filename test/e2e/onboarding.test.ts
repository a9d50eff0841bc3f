// SPDX-License-Identifier: Apache-2.0
// What a person reads of a number that Meta does not let take calls yet: one describe for each family of causes.
import { beforeAll, describe, expect, it } from 'vitest';
import { apply } from '../stage/install.ts';
import { waitFor } from '../stage/wait.ts';
import { secretManifest } from './manifests.ts';
import { declare, known, kubectl, remove, syncNow, told, writesTo } from './numbers.ts';
import { hangUp, hears, place } from './talk.ts';
import { line, NAMESPACE, PBXS, SALES, theWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await theWorld();
});

const describeNumber = (name: string): Promise<string> => kubectl(world, 'describe', 'wan', name);
const missing = async (name: string): Promise<string> => (await kubectl(world, 'get', 'wan', name, '-o', 'jsonpath={.status.missing}')).trim();

/** Waits until describe has all these words. */
async function described(name: string, ...words: string[]): Promise<void> {
  await waitFor(
    `describe of ${name} to say ${words.join(' … ')}`,
    async () => {
      const text = await describeNumber(name);
      return words.every((word) => text.includes(word));
    },
    { last: () => describeNumber(name), everyMs: 500 },
  );
}

describe('a number', () => {
  it('that is not registered is registered with the PIN of a Secret, and goes live', async () => {
    const number = known(world, 'unregistered', { numberStatus: 'PENDING' });
    await declare(world, number);
    await described(number.name, 'the number is PENDING. You: register the number: give its PIN in spec.registration.pinRef', 'Usually takes minutes');
    expect(await missing(number.name)).toMatch(/^Registered: Meta says: the number is PENDING/);
    await apply(world.cluster, [secretManifest('pin', { pin: '123456' })], NAMESPACE);
    await declare(world, number, { registration: { pinRef: { name: 'pin', key: 'pin' } } });
    await told(world, 'wan', number.name, { type: 'Ready' });
    await described(number.name, 'registered the number with the Cloud API');
    await remove(world, number.name);
  });

  it('whose PIN is wrong says so in Meta’s words and tries it once', async () => {
    const number = known(world, 'mispinned', { numberStatus: 'PENDING', pin: '654321' });
    await apply(world.cluster, [secretManifest('wrong-pin', { pin: '111111' })], NAMESPACE);
    await declare(world, number, { registration: { pinRef: { name: 'wrong-pin', key: 'pin' } } });
    expect(await told(world, 'wan', number.name, { type: 'Ready', reason: 'PinRefused' })).toContain('code 133005');
    const tries = world.meta.graph.requests.filter(({ path }) => path === `/${number.phoneNumberID}/register`);
    expect(tries).toHaveLength(1);
    await described(number.name, 'The PIN in the Secret of spec.registration.pinRef is wrong');
    await remove(world, number.name);
  });

  it.each([
    ['small', { messagingLimit: 'TIER_250' }, 'CallingEligible', 'the messaging limit is TIER_250. An administrator of the business: raise the messaging limit to 2000'],
    ['unverified', { numberStatus: 'PENDING', codeVerification: 'NOT_VERIFIED' }, 'CodeVerified', 'code verification is NOT_VERIFIED. You: verify the number by the code'],
    ['onphone', { onBizApp: true }, 'OnCloudAPI', 'the number is on the WhatsApp Business app. You: take the number off the WhatsApp Business app'],
    ['onpremises', { platformType: 'ON_PREMISE' }, 'OnCloudAPI', 'the number’s platform is ON_PREMISE. You: move the number'],
    ['banned', { numberStatus: 'BANNED' }, 'Registered', 'the number is BANNED. An administrator of the business: ask for a review of the ban'],
    [
      'restricted',
      { restrictions: [{ type: 'RESTRICTED_USER_INITIATED_CALLING', reason: 'low quality', expiration: 4_000_000_000 }] },
      'Unrestricted',
      'RESTRICTED_USER_INITIATED_CALLING until 2096-10-02',
    ],
  ] as const)('that is %s shows the step, who must act and where', async (name, atMeta, condition, words) => {
    const number = known(world, name, atMeta);
    await declare(world, number);
    await described(number.name, words, 'business.facebook.com', 'Usually takes');
    expect(await told(world, 'wan', number.name, { type: condition, status: 'False' })).toContain('Meta says:');
    await remove(world, number.name);
  });

  it.each([
    ['declined', { nameStatus: 'DECLINED' }, 'DisplayNameApproved', 'choose another display name; calls work meanwhile'],
    ['yellow', { quality: 'YELLOW' }, 'QualityGood', 'find out what users report or block'],
  ] as const)('that is %s says so and takes calls all the same', async (name, atMeta, condition, words) => {
    const number = known(world, name, atMeta);
    await declare(world, number);
    await told(world, 'wan', number.name, { type: 'Ready' });
    expect(await told(world, 'wan', number.name, { type: condition, status: 'False' })).toContain(words);
    expect(await missing(number.name)).toContain(words);
    expect(await kubectl(world, 'get', 'wan', number.name, '-o', 'wide')).toContain(words);
    await remove(world, number.name);
  });

  it('whose app is in development is told what that stops', async () => {
    world.meta.addApp({ appId: '700000000000044', mode: 'development' });
    world.meta.addToken({ token: 'DEV-TOKEN', appId: '700000000000044', scopes: ['whatsapp_business_management', 'whatsapp_business_messaging'] });
    const number = known(world, 'developer');
    await apply(world.cluster, [secretManifest('dev', { token: 'DEV-TOKEN' })], NAMESPACE);
    await declare(world, number, { accessTokenRef: { name: 'dev', key: 'token' } });
    const words = 'switch the app from development to live; until then Meta sends it no calls';
    await described(number.name, words);
    expect(await told(world, 'wan', number.name, { type: 'AppLive', status: 'False' })).toContain(words);
    await remove(world, number.name);
  });

  it('whose token lacks a scope names it', async () => {
    world.meta.addToken({ token: 'HALF-TOKEN', appId: '700000000000045', scopes: ['whatsapp_business_management'] });
    const number = known(world, 'halfway');
    await apply(world.cluster, [secretManifest('half', { token: 'HALF-TOKEN' })], NAMESPACE);
    await declare(world, number, { accessTokenRef: { name: 'half', key: 'token' } });
    await described(number.name, 'the token lacks whatsapp_business_messaging', 'System users');
    expect(writesTo(world, number)).toEqual([]);
    await remove(world, number.name);
  });

  it('of another account than it says is told so', async () => {
    const number = known(world, 'misplaced');
    await declare(world, number, { businessAccountID: '999999999999' });
    expect(await told(world, 'wan', number.name, { type: 'AccountApproved', reason: 'AccountUnknown' })).toContain('Check spec.businessAccountID 999999999999');
    await remove(world, number.name);
  });

  it.each([
    ['blocked', { status: 403, code: 368 }, 'AccountRestricted', 'ccount quality'],
    ['unpaid', { status: 400, code: 131042 }, 'PaymentMissing', 'Add a payment method'],
    ['paused', { status: 400, code: 138014 }, 'CallingPaused', 'Meta has paused calling because of low quality'],
    ['unready', { status: 400, code: 138018 }, 'PrerequisiteMissing', 'Meta wants SIP set up'],
    ['invalid', { status: 400, code: 100, details: 'hostname is not valid' }, 'MetaRefused', 'hostname is not valid'],
  ] as const)('that Meta refuses as %s gets the cure for just that, and is asked no more at once', async (name, error, reason, words) => {
    const number = known(world, name);
    const clear = world.meta.graph.fault('error', { ...error, title: 'words of Meta', method: 'POST', path: `/${number.phoneNumberID}/settings` });
    await declare(world, number);
    expect(await told(world, 'wan', number.name, { type: 'SettingsSynced', reason })).toContain(`code ${error.code}`);
    await described(number.name, 'words of Meta', words);
    await told(world, 'wan', number.name, { type: 'Stalled' });
    expect(writesTo(world, number)).toHaveLength(1);
    clear();
    await syncNow(world, number.name);
    await told(world, 'wan', number.name, { type: 'Ready' });
    await remove(world, number.name);
  });

  it('with a token that Meta refuses, and one that Meta does not know, are described with the cure', async () => {
    await apply(world.cluster, [secretManifest('no-token', { token: 'NOT-A-TOKEN' })], NAMESPACE);
    await declare(world, known(world, 'tokenless'), { accessTokenRef: { name: 'no-token', key: 'token' } });
    await declare(world, line('stranger', '+15551008877'));
    await described('tokenless', 'code 190', 'make a new token of a system user', 'System users');
    await described('stranger', 'code 100', 'Check spec.phoneNumberID, and that the token may see the number');
    expect(await describeNumber('tokenless')).not.toContain('NOT-A-TOKEN');
    await remove(world, 'tokenless', 'stranger');
  });

  it('that Meta does not answer for is described as waiting, and is not stalled', async () => {
    const number = known(world, 'unanswered');
    const clear = world.meta.graph.fault('internal2', { path: `/${number.phoneNumberID}` });
    await declare(world, number);
    await described(number.name, 'code 2', 'It is tried again; calls go on as before');
    expect(await describeNumber(number.name)).not.toContain('Stalled');
    clear();
    await told(world, 'wan', number.name, { type: 'Ready', timeoutMs: 90_000 });
    await remove(world, number.name);
  });

  it('whose account is throttled says how it goes on, and does', async () => {
    const account = '102290129340555';
    const number = known(world, 'throttled', { businessAccountID: account });
    const clear = world.meta.graph.fault('error', { status: 429, code: 130429, title: 'Rate limit hit', retryAfter: 5, path: `/${number.phoneNumberID}`, times: 1 });
    await declare(world, number, { businessAccountID: account });
    await described(number.name, 'Rate limit hit', 'The operator waits and goes on by itself');
    expect(await told(world, 'wan', number.name, { type: 'Ready' })).toContain('are served by route "throttled"');
    clear();
    await remove(world, number.name);
  });
});

it('calls of another number went on all the while', async () => {
  const call = await place(world, SALES);
  await hears(call, PBXS.alpha, 1);
  await hangUp(call);
});
