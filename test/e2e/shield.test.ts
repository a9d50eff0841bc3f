// SPDX-License-Identifier: Apache-2.0
// What the inside changes in its session while a user is on the line: answered here, heard on both sides, unseen by Meta.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CodecName } from '../meta/media/codecs.ts';
import { header, type Header } from '../meta/sip/message.ts';
import { unheeded } from '../pbx/desk.ts';
import { bothHear, deskGetsKey, directionOf, hearsMusic, talk, turn, userHears, type DeskKind, type Talk } from './inside.ts';
import { remove } from './numbers.ts';
import { killContainer } from './pods.ts';
import { hangUp } from './talk.ts';
import { settled, theWorld, type World } from './world.ts';

const REFER_TO: Header = { name: 'Refer-To', value: '<sip:colleague@pbx.example.com>' };

interface Scene extends DeskKind {
  name: string;
  /** Of the same desk later in the call. */
  otherCodecs: readonly CodecName[];
}

/** Calls that all go through the same at the same time. */
const SCENES: readonly Scene[] = [
  { name: 'g711', codecs: ['PCMA', 'PCMU'], otherCodecs: ['PCMU'] },
  { name: 'opus', codecs: ['opus', 'PCMA'], otherCodecs: ['PCMA'] },
  { name: 'sdes', codecs: ['PCMA', 'PCMU'], otherCodecs: ['PCMU'], encryption: 'SDES' },
  { name: 'sdes-opus', codecs: ['opus', 'PCMU'], otherCodecs: ['PCMU'], encryption: 'SDES' },
  { name: 'tls', codecs: ['PCMA', 'PCMU'], otherCodecs: ['PCMU'], tls: true },
  { name: 'tls-sdes', codecs: ['PCMA', 'PCMU'], otherCodecs: ['PCMU'], encryption: 'SDES', tls: true },
];

let world: World;
let talks: (Scene & Talk)[] = [];

beforeAll(async () => {
  world = await theWorld();
  talks = await Promise.all(SCENES.map(async (scene) => ({ ...scene, ...(await talk(world, `shield-${scene.name}`, scene)) })));
  await all(bothHear);
});

afterAll(async () => {
  await remove(world, ...talks.map(({ name }) => `shield-${name}`));
  for (const { desk } of talks) desk.close();
});

const all = <T>(step: (given: Scene & Talk) => Promise<T>): Promise<T[]> => Promise.all(talks.map(step));

describe('while the user notices nothing, the inside', () => {
  it('renews its session, by re-INVITE and by UPDATE', async () => {
    const timer = [{ name: 'Supported', value: 'timer' }, { name: 'Session-Expires', value: '1800;refresher=uac' }];
    await all(async (given) => {
      const { desk } = given;
      const sdp = desk.media.describe();
      const answers = [await desk.reinvite(timer), await desk.request('UPDATE', { sdp, headers: timer }), await desk.request('UPDATE', { headers: timer })];
      await deskGetsKey(given);
      expect(answers.map((each) => [each.status, header(each, 'Session-Expires'), header(each, 'Require')])).toEqual(answers.map(() => [200, '1800;refresher=uac', 'timer']));
      await bothHear(given);
    });
  });

  it('keeps to itself what it would have us renew', async () => {
    await all(async (given) => {
      const renewed = await given.desk.reinvite([{ name: 'Session-Expires', value: '1800;refresher=uas' }]);
      expect([renewed.status, header(renewed, 'Session-Expires')]).toEqual([200, undefined]);
      await bothHear(given);
    });
  });

  it('moves its audio to another place, and back', async () => {
    for (let i = 0; i < 2; i += 1) {
      await all(async (given) => {
        await given.desk.media.move();
        expect(directionOf(await given.desk.reinvite())).toBe('sendrecv');
        await bothHear(given);
      });
    }
  });

  it('changes its keys', async () => {
    await all(async (given) => {
      if (given.encryption) given.desk.media.rekey();
      expect(directionOf(await given.desk.reinvite())).toBe('sendrecv');
      await bothHear(given);
    });
  });

  it('changes its codec', async () => {
    await all(async (given) => {
      given.desk.media.codecs = given.otherCodecs;
      expect(directionOf(await given.desk.reinvite())).toBe('sendrecv');
      await bothHear(given);
    });
  });

  it('asks for an offer of ours', async () => {
    await all(async (given) => {
      const offered = await given.desk.request('INVITE');
      expect(directionOf(offered)).toBe('sendrecv');
      await bothHear(given);
      await deskGetsKey(given);
    });
  });

  it('gets voice without the video that it asks for with it, and no fax instead of it', async () => {
    await all(async (given) => {
      const sdp = given.desk.media.describe();
      const both = await given.desk.request('INVITE', { sdp: `${sdp}m=video 5000 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n` });
      expect([both.status, ...(both.body.toString().match(/^m=\w+ \d/gm) ?? [])]).toEqual([200, expect.stringMatching(/^m=audio [1-9]/), 'm=video 0']);
      const fax = await given.desk.request('INVITE', { sdp: sdp.replace(/m=audio[^]*/, 'm=image 5000 udptl t38\r\n') });
      expect([fax.status, fax.reason]).toEqual([488, 'WhatsApp Calls Cannot Be Renegotiated']);
      await bothHear(given);
    });
  });

  it('hears what it may not do, in its own words', async () => {
    const { desk } = talks[0] ?? {};
    const asked = [
      await desk?.request('REFER', { headers: [REFER_TO] }),
      await desk?.request('MESSAGE'),
      await desk?.request('SUBSCRIBE', { headers: [{ name: 'Event', value: 'dialog' }] }),
      await desk?.request('INFO'),
      await desk?.request('INFO', { headers: [{ name: 'Content-Type', value: 'application/dtmf-relay' }], sdp: 'Signal=5\r\nDuration=160\r\n' }),
      await desk?.request('OPTIONS'),
    ];
    expect(asked.map((each) => [each?.status, each?.reason])).toEqual([
      [405, 'Method Not Allowed Inside A Call'],
      [405, 'Method Not Allowed Inside A Call'],
      [489, 'Bad Event'],
      [200, 'OK'],
      [415, 'Key Presses Go By RFC 4733 Only'],
      [200, 'OK'],
    ]);
    await all(bothHear);
  });
});

describe('a user on hold', () => {
  it('hears what the inside plays, and is heard again when it resumes', async () => {
    await all(async (given) => {
      expect(await turn(given, 'sendonly')).toBe('recvonly');
      await userHears(given);
      expect(await turn(given, 'sendrecv')).toBe('sendrecv');
      await bothHear(given);
    });
  });

  it('hears music where the inside plays nothing, and the inside when it resumes', async () => {
    await all(async (given) => {
      expect(await turn(given, 'inactive')).toBe('inactive');
      await hearsMusic(given);
      expect(await turn(given, 'sendrecv')).toBe('sendrecv');
      await bothHear(given);
    });
  });

  it('hears music also where the inside says hold in the old way', async () => {
    await all(async (given) => {
      const { desk } = given;
      // It goes on sending, and says so in the words that it used before.
      const sdp = desk.media.describe().replace(/c=IN IP4 \S+/, 'c=IN IP4 0.0.0.0');
      expect((await desk.request('INVITE', { sdp })).status).toBe(200);
      await hearsMusic(given);
      expect(await turn(given, 'sendrecv')).toBe('sendrecv');
      await bothHear(given);
    });
  });

  it('hears music also where the inside says hold in its answer to an offer of ours', async () => {
    await all(async (given) => {
      given.desk.media.direction = 'inactive';
      expect((await given.desk.request('INVITE')).status).toBe(200);
      await hearsMusic(given);
      expect(await turn(given, 'sendrecv')).toBe('sendrecv');
      await bothHear(given);
      await deskGetsKey(given);
    });
  });

  it('is resumed by a proxy that has restarted meanwhile', async () => {
    // Not after this: a proxy that starts has forgotten what was acknowledged.
    expect(talks.flatMap(({ desk }) => unheeded(desk))).toEqual([]);
    await all(async (given) => expect(await turn(given, 'inactive')).toBe('inactive'));
    await killContainer(world, 'kamailio');
    await settled(world);
    await all(async (given) => {
      await hearsMusic(given);
      expect(await turn(given, 'sendrecv')).toBe('sendrecv');
      await bothHear(given);
    });
  });
});

describe('after all that', () => {
  it('Meta has seen one source of audio since the first change, and nothing but the call’s own requests', async () => {
    await all(async ({ call }) => {
      expect(call.media().ssrcs.length).toBeLessThanOrEqual(2);
      expect(call.media().undecryptable).toBe(0);
      await hangUp(call);
    });
    expect(world.meta.edge.strays).toEqual([]);
  });
});
