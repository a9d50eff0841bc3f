// SPDX-License-Identifier: Apache-2.0
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SilentRelayError } from '../../../media/agent/contract.ts';
import { decode, encode, type Bencode } from '../../../media/rtpengine/bencode.ts';
import { LIST_LIMIT, RelayControl, RelayError } from '../../../media/rtpengine/control.ts';

let relay: Socket;
let address: string;
let control: RelayControl;
/** What the relay answers; undefined is nothing. */
let answer: (command: Bencode, cookie: string) => Bencode | undefined;

beforeEach(async () => {
  relay = createSocket('udp4', (datagram, from) => {
    const [cookie = '', ...rest] = datagram.toString('latin1').split(' ');
    const reply = answer(decode(rest.join(' ')), cookie);
    if (reply !== undefined) relay.send(Buffer.from(`${cookie} ${encode(reply)}`, 'latin1'), from.port, from.address);
  });
  relay.bind(0, '127.0.0.1');
  await once(relay, 'listening');
  address = `udp:127.0.0.1:${relay.address().port}`;
  control = new RelayControl();
});
afterEach(async () => {
  await control.close();
  relay.close();
});

describe('a media relay', () => {
  it('lists its calls, and tells each one’s number', async () => {
    const asked: Bencode[] = [];
    answer = (command) => {
      asked.push(command);
      if (asked.length === 1) return { result: 'ok', calls: ['outgoing:wacid.a', 'b c'] };
      return { created: 1, tags: { from: { tag: 'from', label: '15550001111;sdp=a%3Dcrypto', medias: [] }, to: { tag: 'to' } }, result: 'ok' };
    };
    expect(await control.calls(address)).toEqual(['outgoing:wacid.a', 'b c']);
    expect(await control.about(address, 'b c')).toEqual({ sides: [{ tag: 'from', label: '15550001111;sdp=a%3Dcrypto' }, { tag: 'to', label: undefined }], survives: true, since: 1 });
    expect(asked).toEqual([{ command: 'list', limit: LIST_LIMIT }, { command: 'query', 'call-id': 'b c' }]);
  });

  it('tells how much it has to do, a call whose codec it changes as ten, and when it began', async () => {
    answer = () => ({ result: 'ok', statistics: { currentstatistics: { sessionsown: 3, transcodedmedia: 4 }, totalstatistics: { uptime: '60' } } });
    const { began, ...load } = await control.load(address);
    expect(load).toEqual({ calls: 3, units: 21 });
    expect(Math.abs(performance.now() / 1000 - 60 - began)).toBeLessThan(30);
  });

  it('says of a call that it has none, or that it has no label', async () => {
    answer = () => ({ result: 'error', 'error-reason': 'Unknown call-id' });
    expect(await control.about(address, 'a')).toBeUndefined();
    answer = () => ({ result: 'ok', created: 7, tags: { from: { tag: 'from' } } });
    expect(await control.about(address, 'a')).toEqual({ sides: [{ tag: 'from', label: undefined }], survives: true, since: 7 });
  });

  it('tells which calls do not outlive its process', async () => {
    answer = () => ({ result: 'ok', created: 7, tags: { from: { medias: [{ protocol: 'UDP/TLS/RTP/SAVPF' }] }, to: { medias: [{ protocol: 'RTP/AVP' }] } } });
    expect(await control.about(address, 'a')).toMatchObject({ survives: false });
  });

  it('works out again, side by side, what it does with a call, and is told its labels', async () => {
    const asked: Bencode[] = [];
    answer = (command) => {
      asked.push(command);
      return { result: 'ok' };
    };
    await control.revive(address, 'a', [{ tag: 'from', label: '15550001111' }, { tag: 'to', label: undefined }]);
    const command = { command: 'unblock media', 'call-id': 'a', all: 'offer-answer' };
    expect(asked).toEqual([{ ...command, 'from-tag': 'from', 'set-label': '15550001111' }, { ...command, 'from-tag': 'to' }]);
  });

  it('that does not answer is asked again with the same cookie, and then called silent', async () => {
    const cookies: string[] = [];
    answer = (_, cookie) => {
      cookies.push(cookie);
      return cookies.length < 3 ? undefined : { result: 'ok', calls: [] };
    };
    expect(await control.calls(address)).toEqual([]);
    expect(new Set(cookies).size).toBe(1);
    answer = () => undefined;
    await expect(control.calls(address)).rejects.toThrow(SilentRelayError);
  });

  it('that lists as many calls as were asked for is not taken at its word', async () => {
    answer = () => ({ result: 'ok', calls: Array.from({ length: LIST_LIMIT }, (_, i) => `call ${i}`) });
    await expect(control.calls(address)).rejects.toThrow(`has ${LIST_LIMIT} calls or more`);
  });

  it('that answers something else is not silent, but unusable', async () => {
    answer = () => ({ result: 'error', 'error-reason': 'Unrecognized command' });
    await expect(control.calls(address)).rejects.toThrow(RelayError);
    await expect(control.about(address, 'a')).rejects.toThrow(RelayError);
    answer = () => 'pong';
    await expect(control.calls(address)).rejects.toThrow(RelayError);
  });

  it('is asked nothing more once its asker is closed, and an open question ends', async () => {
    answer = () => undefined;
    const own = new RelayControl();
    const open = own.calls(address);
    await own.close();
    await expect(open).rejects.toThrow(SilentRelayError);
  });

  it('keeps the answers of many questions at once apart', async () => {
    answer = (command) => ({ result: 'ok', created: 7, tags: { t: { label: `${encode(command).replace(/^.*call-(\d+).*$/, '7$1')};sdp=x` } } });
    const ids = Array.from({ length: 50 }, (_, i) => `call-${i}`);
    const labels = (await Promise.all(ids.map((id) => control.about(address, id)))).map((about) => about?.sides.map(({ label }) => label));
    expect(labels).toEqual(ids.map((_, i) => [`7${i};sdp=x`]));
  });
});
