// SPDX-License-Identifier: Apache-2.0
import { createHmac } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { classes, Message, methods, parseMessage } from 'werift';
import { describe, expect, test } from 'vitest';
import { IceLite, type Place } from '../../meta/media/icelite.ts';

const from = { address: '192.0.2.9', port: 40_000 };

function agent(): { ice: IceLite; nominated: Place[]; conflicts: () => number } {
  const nominated: Place[] = [];
  let conflicts = 0;
  const ice = new IceLite({ nominated: (place) => nominated.push(place), conflicted: () => { conflicts += 1; } });
  return { ice, nominated, conflicts: () => conflicts };
}

interface Check {
  readonly username?: string;
  readonly password?: string;
  readonly change?: (check: Message) => Message;
}

/** A check as a controlling full agent sends it. */
function check(ice: IceLite, { username, password, change = (same) => same }: Check = {}): Message {
  const message = new Message(methods.BINDING, classes.REQUEST)
    .setAttribute('USERNAME', username ?? `${ice.ufrag}:abcd`)
    .setAttribute('PRIORITY', 1_853_824_767)
    .setAttribute('ICE-CONTROLLING', 1n);
  return change(message).addMessageIntegrity(Buffer.from(password ?? ice.password)).addFingerprint();
}

function code(response: Buffer | undefined): unknown {
  const error: unknown = response && parseMessage(response)?.getAttributeValue('ERROR-CODE');
  return Array.isArray(error) ? error[0] : undefined;
}

describe('a lite agent', () => {
  test('has credentials as long as Meta’s', () => {
    const { ice } = agent();
    expect([ice.ufrag, ice.password].map(({ length }) => length)).toEqual([16, 24]);
    expect(ice.ufrag + ice.password).toMatch(/^[A-Za-z0-9+/]+$/);
  });

  test('answers a check with the address that it came from, signed', () => {
    const { ice, nominated } = agent();
    const request = check(ice);
    const bytes = ice.answer(request.bytes, from);
    const response = bytes && parseMessage(bytes, Buffer.from(ice.password));
    expect(response).toMatchObject({ messageClass: classes.RESPONSE, transactionId: request.transactionId });
    expect(response?.getAttributeValue('XOR-MAPPED-ADDRESS')).toEqual(['192.0.2.9', 40_000]);
    expect(ice.knows(from)).toBe(true);
    expect(ice.knows({ ...from, port: 40_001 })).toBe(false);
    expect(nominated).toEqual([]);
  });

  test('uses the pair that is named, and the newest of several', () => {
    const { ice, nominated } = agent();
    const named = () => check(ice, { change: (message) => message.setAttribute('USE-CANDIDATE', null) }).bytes;
    ice.answer(named(), from);
    ice.answer(named(), from);
    expect(nominated).toEqual([from]);
    ice.answer(named(), { ...from, port: 40_002 });
    expect(ice.nominated).toEqual({ ...from, port: 40_002 });
  });

  test.each([
    ['a foreign ufrag', { username: 'abcd:abcd' }, 401],
    ['a wrong password', { password: 'abcdefghijklmnopqrstuvwx' }, 401],
    ['no priority', { change: (message: Message) => without(message, 'PRIORITY') }, 400],
    ['no username', { change: (message: Message) => without(message, 'USERNAME') }, 400],
  ] as const)('refuses a check with %s', (_, wrong, status) => {
    const { ice, nominated } = agent();
    expect(code(ice.answer(check(ice, wrong).bytes, from))).toBe(status);
    expect(ice.knows(from)).toBe(false);
    expect(nominated).toEqual([]);
  });

  test('refuses a check with what it must understand and does not', () => {
    const { ice } = agent();
    const request = new Message(methods.BINDING, classes.REQUEST)
      .setAttribute('USERNAME', `${ice.ufrag}:abcd`).setAttribute('PRIORITY', 1);
    const bytes = signed(Buffer.concat([request.bytes, Buffer.from('7ff0000400000000', 'hex')]), ice.password);
    const response = ice.answer(bytes, from);
    expect(code(response)).toBe(420);
    expect(response && parseMessage(response)?.getAttributeValue('UNKNOWN-ATTRIBUTES')).toEqual([0x7ff0]);
    expect(ice.knows(from)).toBe(false);
  });

  test('stays controlled', () => {
    const { ice, conflicts } = agent();
    const change = (message: Message) => without(message, 'ICE-CONTROLLING')
      .setAttribute('ICE-CONTROLLED', 1n).setAttribute('USE-CANDIDATE', null);
    expect(code(ice.answer(check(ice, { change }).bytes, from))).toBe(487);
    expect(conflicts()).toBe(1);
    expect(ice.nominated).toBeUndefined();
  });

  test('leaves unanswered what is no whole check', () => {
    const { ice } = agent();
    const bytes = check(ice).bytes;
    const spoiled = Buffer.from(bytes);
    spoiled[spoiled.length - 1] = (spoiled.at(-1) ?? 0) ^ 1;
    const bare = new Message(methods.BINDING, classes.REQUEST)
      .setAttribute('USERNAME', `${ice.ufrag}:abcd`).addMessageIntegrity(Buffer.from(ice.password));
    const indication = new Message(methods.BINDING, classes.INDICATION).addFingerprint();
    for (const odd of [spoiled, bytes.subarray(0, 30), bare.bytes, indication.bytes, Buffer.alloc(0)]) {
      expect(ice.answer(odd, from)).toBeUndefined();
    }
    expect(ice.knows(from)).toBe(false);
  });
});

function without(message: Message, name: 'PRIORITY' | 'USERNAME' | 'ICE-CONTROLLING'): Message {
  const kept = message.getAttributes().filter(([attribute]) => attribute !== name);
  return new Message(message.messageMethod, message.messageClass, message.transactionId, kept);
}

/** Adds MESSAGE-INTEGRITY and FINGERPRINT by hand (RFC 8489 §14.5, §14.7), over attributes that the library does not write. */
function signed(message: Buffer, password: string): Buffer {
  const longer = (bytes: Buffer, by: number) => {
    const head = Buffer.from(bytes);
    head.writeUInt16BE(bytes.length - 20 + by, 2);
    return head;
  };
  const toSign = longer(message, 24);
  const integrity = createHmac('sha1', password).update(toSign).digest();
  const toSum = longer(Buffer.concat([toSign, Buffer.from('00080014', 'hex'), integrity]), 8);
  const sum = Buffer.from('8028000400000000', 'hex');
  sum.writeUInt32BE((crc32(toSum) ^ 0x5354_554e) >>> 0, 4);
  return Buffer.concat([toSum, sum]);
}
