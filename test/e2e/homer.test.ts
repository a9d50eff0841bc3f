// SPDX-License-Identifier: Apache-2.0
// A HOMER gets the SIP of both legs and the reports of both sides' audio, all under the call's id; and a trace tells how the audio was.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STRANGER_ADDRESS } from '../stage/meta.ts';
import { waitFor } from '../stage/wait.ts';
import { trunkline } from './commandline.ts';
import { changeGateway, podsOf } from './pods.ts';
import { hangUp, hears, place } from './talk.ts';
import { PBXS, SALES, settled, theWorld, type World } from './world.ts';

const SIP = 1;
const RTCP = 5;

interface Report {
  kind: number;
  callId: string;
  from: string;
  text: string;
}

let world: World;
let socket: Socket;
const reports: Report[] = [];

/** Reads a HEP3 packet by the specification, apart from the code that it is a test of. */
function read(bytes: Buffer): Report {
  const chunks = new Map<number, Buffer>();
  for (let at = 6; at < bytes.length; at += bytes.readUInt16BE(at + 4)) {
    chunks.set(bytes.readUInt16BE(at + 2), bytes.subarray(at + 6, at + bytes.readUInt16BE(at + 4)));
  }
  const text = (type: number): string => chunks.get(type)?.toString() ?? '';
  return { kind: chunks.get(11)?.[0] ?? 0, callId: text(17), from: [...(chunks.get(3) ?? [])].join('.'), text: text(15) };
}

const use = (homer: object | null): Promise<unknown> => changeGateway(world, { homer });

/** The media pod is another one: its arguments have changed. */
async function replaced(homer: object | null): Promise<void> {
  const before = (await podsOf(world, 'media')).map(({ metadata }) => metadata.uid);
  await use(homer);
  await waitFor('another media pod in its place', async () => (await podsOf(world, 'media')).every(({ metadata }) => !before.includes(metadata.uid)), { timeoutMs: 90_000 });
  await settled(world);
}

beforeAll(async () => {
  world = await theWorld();
  socket = createSocket('udp4', (bytes) => reports.push(read(bytes)));
  socket.bind(0, STRANGER_ADDRESS);
  await once(socket, 'listening');
  await replaced({ address: STRANGER_ADDRESS, port: socket.address().port });
});

afterAll(async () => {
  await replaced(null);
  socket.close();
});

describe('a call', () => {
  it('is seen by HOMER under one id, with both legs and the reports of both sides, and its audio in the trace', async () => {
    const call = await place(world, SALES, { timings: { reportIntervalMs: 500 } });
    await hears(call, PBXS.alpha, 6);
    const of = (kind: number): Report[] => reports.filter((report) => report.kind === kind && report.callId === call.callId);
    await waitFor('reports of the audio of both sides', () => new Set(of(RTCP).map(({ text }) => /"ssrc":(\d+)/.exec(text)?.[1])).size >= 2);
    await hangUp(call);
    await waitFor('both legs to be seen', () => ['INVITE', 'SIP/2.0 200', 'ACK', 'BYE'].every((start) => of(SIP).filter(({ text }) => text.startsWith(start)).length >= 2));
    expect(of(SIP).map(({ text }) => text).join('\n')).not.toMatch(/inline:[A-Za-z0-9+/]|response=/);
    expect(reports.filter(({ kind, text }) => kind === SIP && text.startsWith('OPTIONS'))).toEqual([]);
    const [, fromUser, fromDesk] = /audio +(\d+) packets from WhatsApp.*; (\d+) packets from the inside/.exec(await trunkline(world, 'trace', call.callId)) ?? [];
    expect([Number(fromUser) > 250, Number(fromDesk) > 250]).toEqual([true, true]);
  });
});
