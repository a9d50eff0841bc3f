// SPDX-License-Identifier: Apache-2.0
import pino from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { Announcements, FRESH_MS } from '../../../media/agent/announcements.ts';
import { announcedBy, toSnapshot } from '../../../operator/routing/snapshot.ts';
import { destination, goesTo } from '../builders.ts';

const plays = (of: string) => ({ ...goesTo('sip:a'), destinations: [{ ...destination(`announcement:${of}`), plays: 1 }, destination('sip:b')] });
const snapshot = (...names: string[]) =>
  toSnapshot({
    hostname: 'sip.example.com',
    sourceNetworks: [],
    media: [],
    numbers: [{ digits: '1', name: 'a', ha1: 'aa', maxCalls: null, outbound: null, routes: names.map(plays) }],
  });

let maps: Record<string, Record<string, string>>;
let asked: string[];
let now: number;
let warnings: string[];
/** Happens while somebody waits. */
let later: () => void;
let announcements: Announcements;
beforeEach(() => {
  maps = { closed: { 'de.wav': 'RIFF1' } };
  asked = [];
  now = 0;
  warnings = [];
  const find = async (_: unknown, { name }: { name: string }) => {
    asked.push(name);
    const data = maps[name];
    if (!data) throw new Error('the API server is away');
    const binaryData = Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')]));
    return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, binaryData };
  };
  later = () => {};
  const pause = async (ms: number): Promise<void> => {
    now += ms;
    if (now > 500) later();
  };
  announcements = new Announcements({ client: { find }, namespace: 'voice', log: pino({}, { write: (line) => void warnings.push(line) }), now: () => now, pause });
});

const served = (of: string): string | number => {
  const { status = 200, body } = announcements.page(of);
  return status === 200 ? body.toString() : status;
};

describe('announcements', () => {
  it('are those that routes name, each once', () => {
    expect([...announcedBy(snapshot('b/x', 'a/y', 'b/x'))]).toEqual(['a/y', 'b/x']);
  });

  it('are served once they were read, and read again after a while', async () => {
    expect(served('closed/de.wav')).toBe(404);
    await announcements.refresh(snapshot('closed/de.wav'));
    expect(served('closed/de.wav')).toBe('RIFF1');
    maps['closed'] = { 'de.wav': 'RIFF2' };
    await announcements.refresh(snapshot('closed/de.wav'));
    expect([served('closed/de.wav'), asked.length]).toEqual(['RIFF1', 1]);
    now += FRESH_MS;
    await announcements.refresh(snapshot('closed/de.wav'));
    expect(served('closed/de.wav')).toBe('RIFF2');
  });

  it('stay as they were while they cannot be read, which is said once', async () => {
    await announcements.refresh(snapshot('closed/de.wav'));
    delete maps['closed'];
    for (let i = 0; i < 3; i += 1) {
      now += FRESH_MS;
      await announcements.refresh(snapshot('closed/de.wav'));
    }
    expect(served('closed/de.wav')).toBe('RIFF1');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('closed/de.wav');
  });

  it('are there before the snapshot that names them is served', async () => {
    const held = maps;
    maps = {};
    later = () => (maps = held);
    await announcements.ready(snapshot('closed/de.wav'));
    expect([served('closed/de.wav'), now > 0]).toEqual(['RIFF1', true]);
  });

  it('are not waited for for ever, nor twice', async () => {
    await announcements.ready(snapshot('closed/de.wav', 'missing/x'));
    const waited = now;
    expect(waited).toBeGreaterThan(1000);
    await announcements.ready(snapshot('closed/de.wav', 'missing/x'));
    expect(now).toBe(waited);
  });

  it('are audio and nothing else, whatever a route names', async () => {
    maps['closed'] = { 'de.wav': '{"password":"x"}' };
    await announcements.refresh(snapshot('closed/de.wav'));
    expect(served('closed/de.wav')).toBe(404);
    expect(warnings[0]).toContain('it is no audio');
  });

  it('are gone when no route names them any more', async () => {
    await announcements.refresh(snapshot('closed/de.wav'));
    await announcements.refresh(snapshot());
    expect(served('closed/de.wav')).toBe(404);
  });
});
