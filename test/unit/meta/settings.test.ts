// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compareCalling,
  describeDifferences,
  observedCalling,
  sipPassword,
  toWrite,
  type WantedCalling,
} from '../../../operator/meta/settings.ts';

const wanted: WantedCalling = { hostname: 'sip.example.com', additionalCodecs: [] };
const good = {
  status: 'ENABLED',
  sip: { status: 'ENABLED', servers: [{ app_id: 7, hostname: 'sip.example.com', port: 5061, sip_user_password: 'pw' }] },
  srtp_key_exchange_protocol: 'SDES',
};
const fields = (observed: unknown, want = wanted): string[] =>
  compareCalling(want, observedCalling.parse(observed)).map(({ field }) => field);

describe('compareCalling', () => {
  it('finds nothing where Meta has it as declared', () => {
    expect(fields(good)).toEqual([]);
  });

  it('reads an untouched number as switched off, without server, with DTLS', () => {
    expect(fields({})).toEqual(['status', 'sip.status', 'sip.servers', 'srtp_key_exchange_protocol']);
  });

  it.each([
    ['a port left out', { sip: { ...good.sip, servers: [{ hostname: 'sip.example.com' }] } }],
    ['a port as text', { sip: { ...good.sip, servers: [{ hostname: 'sip.example.com', port: '5061' }] } }],
    ['a hostname in capitals', { sip: { ...good.sip, servers: [{ hostname: 'SIP.example.com' }] } }],
    ['lower-case values', { status: 'enabled', srtp_key_exchange_protocol: 'sdes' }],
    ['another app’s server beside ours', { sip: { ...good.sip, servers: [{ hostname: 'other.example.com' }, ...good.sip.servers] } }],
    ['members it does not know', { video: { status: 'ENABLED' } }],
  ])('takes %s for what it means', (_, change) => {
    expect(fields({ ...good, ...change })).toEqual([]);
  });

  it.each([
    ['status', { status: 'DISABLED' }],
    ['sip.status', { sip: { ...good.sip, status: 'DISABLED' } }],
    ['sip.servers', { sip: { ...good.sip, servers: [{ hostname: 'old.example.com' }] } }],
    ['sip.servers', { sip: { ...good.sip, servers: [{ hostname: 'sip.example.com', port: 5060 }] } }],
    ['srtp_key_exchange_protocol', { srtp_key_exchange_protocol: 'DTLS' }],
    ['audio.additional_codecs', { audio: { additional_codecs: ['PCMA'] } }],
  ])('sees a different %s', (field, change) => {
    expect(fields({ ...good, ...change })).toEqual([field]);
  });

  it('does not care about the order of codecs', () => {
    const observed = { ...good, audio: { additional_codecs: ['PCMU', 'PCMA'] } };
    expect(fields(observed, { ...wanted, additionalCodecs: ['PCMA', 'PCMU'] })).toEqual([]);
  });

  it('says in words what is and what should be', () => {
    const differences = compareCalling(wanted, observedCalling.parse({ ...good, status: 'DISABLED' }));
    expect(describeDifferences(differences)).toBe('status is DISABLED, declared ENABLED');
  });

  it('finds nothing in a read-back of what it would write', () => {
    const codecs = fc.subarray(['PCMA', 'PCMU']);
    fc.assert(
      fc.property(codecs, (additionalCodecs) => {
        const want = { ...wanted, additionalCodecs };
        expect(compareCalling(want, observedCalling.parse(toWrite(want)))).toEqual([]);
      }),
    );
  });
});

describe('toWrite', () => {
  it('sends the key exchange with every SIP server, which alone could put it back to DTLS', () => {
    expect(toWrite(wanted)).toMatchObject({ sip: { status: 'ENABLED' }, srtp_key_exchange_protocol: 'SDES' });
  });
});

describe('sipPassword', () => {
  it('takes the password of our own server, under either of its names', () => {
    const servers = [{ hostname: 'other.example.com', sip_user_password: 'theirs' }, { hostname: 'sip.example.com', password: 'ours' }];
    expect(sipPassword('sip.example.com', observedCalling.parse({ sip: { servers } }))).toBe('ours');
    expect(sipPassword('sip.example.com', observedCalling.parse(good))).toBe('pw');
    expect(sipPassword('new.example.com', observedCalling.parse(good))).toBeUndefined();
  });
});
