// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { Observed, Wanted } from '../../../media/agent/contract.ts';
import { decide, mayStart } from '../../../media/agent/decide.ts';
import { destination, goesTo, relay } from '../builders.ts';
import { toSnapshot } from '../../../operator/routing/snapshot.ts';

const media = [relay()];
const snapshot = toSnapshot({ hostname: 'sip.example.com', sourceNetworks: [], media, numbers: [] });
const certificate = { serial: 'AB', chain: '', key: '' };
const wanted: Wanted = { snapshot, revision: '1', certificate };
const written = { version: snapshot.version, certificateSerial: 'AB' };
const served: Observed = { version: snapshot.version, relays: ['udp:10.0.0.1:2223'], takers: new Map([['00000a', { capacity: 100 }]]), certificateSerial: 'AB', refusals: {}, probes: new Map() };

describe('decide', () => {
  it('rests while the engine serves what is wanted', () => {
    expect(decide(wanted, written, served)).toEqual([]);
  });

  it('writes the files before the engine runs, so that it starts with them', () => {
    expect(decide(wanted, { version: undefined, certificateSerial: undefined }, undefined)).toEqual(['write-certificate', 'write-tables']);
  });

  it('writes before it reloads', () => {
    const old = { version: 'old', certificateSerial: 'AA' };
    expect(decide(wanted, old, { ...served, version: 'old', certificateSerial: 'AA' })).toEqual([
      'write-certificate',
      'write-tables',
      'reload-certificate',
      'reload-tables',
    ]);
  });

  it('loads again what a restarted engine does not have', () => {
    expect(decide(wanted, written, { ...served, version: 'old' })).toEqual(['reload-tables']);
  });

  it('loads relays before the rows, and only when they differ', () => {
    expect(decide(wanted, written, { ...served, version: 'old', relays: [] })).toEqual(['reload-relays', 'tell-takers', 'reload-tables']);
  });

  it('has the engine ask those that are to be probed, and no others', () => {
    const route = { ...goesTo('sip:pbx'), destinations: [{ ...destination('sip:pbx'), probe: true }] };
    const probing = toSnapshot({ ...snapshot, numbers: [{ digits: '1', name: 'a', ha1: '', maxCalls: null, outbound: null, routes: [route] }] });
    const engine = { ...served, version: probing.version };
    const files = { ...written, version: probing.version };
    expect(decide({ ...wanted, snapshot: probing }, files, engine)).toEqual(['reload-probes']);
    expect(decide({ ...wanted, snapshot: probing }, files, { ...engine, probes: new Map([['sip:pbx', undefined]]) })).toEqual([]);
    expect(decide(wanted, written, { ...served, probes: new Map([['sip:gone', true]]) })).toEqual(['reload-probes']);
    expect(decide({ ...wanted, snapshot: probing }, files, { ...engine, probes: undefined })).toEqual([]);
  });

  it('keeps the relays that the engine has when there are none to put in their place', () => {
    const empty = toSnapshot({ hostname: 'sip.example.com', sourceNetworks: [], media: [], numbers: [] });
    expect(decide({ ...wanted, snapshot: empty }, { ...written, version: empty.version }, { ...served, version: empty.version })).toEqual([]);
  });

  it('gives calls to the relays that take some, before all that takes longer', () => {
    expect(decide(wanted, written, { ...served, takers: new Map([['00000a', { capacity: 50 }]]), version: 'old' })).toEqual(['tell-takers', 'reload-tables']);
    expect(decide(wanted, written, { ...served, takers: new Map([['00000a', { capacity: 100 }], ['00000b', { capacity: 100 }]]) })).toEqual(['tell-takers']);
    expect(decide(wanted, written, { ...served, takers: new Map([['00000a', { capacity: 100, address: '203.0.113.7' }]]) })).toEqual(['tell-takers']);
    const both = toSnapshot({ ...snapshot, media: [relay(), relay({ name: 'x-media-00000b', id: '00000b', control: 'udp:10.0.0.2:2223' })] });
    // One that the engine does not know yet gets none.
    expect(decide({ ...wanted, snapshot: both }, { ...written, version: both.version }, { ...served, version: both.version })).toEqual(['reload-relays', 'tell-takers']);
  });

  it('leaves calls where they are while no relay takes any: one that looks dead may be alive', () => {
    const none = toSnapshot({ ...snapshot, media: [relay({ takesCalls: false })] });
    expect(decide({ ...wanted, snapshot: none }, { ...written, version: none.version }, { ...served, version: none.version })).toEqual([]);
  });

  it('shows the new certificate only after it is asked for, whatever the tables do', () => {
    expect(decide(wanted, written, { ...served, certificateSerial: 'AA' })).toEqual(['reload-certificate']);
  });

  it('touches nothing while nothing is known', () => {
    expect(decide({ snapshot: undefined, revision: undefined, certificate: undefined }, { version: undefined, certificateSerial: undefined }, served)).toEqual([]);
  });
});

describe('mayStart', () => {
  it('lets the engine start with a certificate, tables and a relay, and not before', () => {
    expect(mayStart(wanted, written)).toBe(true);
    expect(mayStart(wanted, { ...written, certificateSerial: undefined })).toBe(false);
    expect(mayStart(wanted, { ...written, version: undefined })).toBe(false);
    expect(mayStart({ ...wanted, snapshot: toSnapshot({ ...snapshot, media: [] }) }, written)).toBe(false);
    expect(mayStart({ ...wanted, snapshot: toSnapshot({ ...snapshot, media: [relay({ takesCalls: false })] }) }, written)).toBe(false);
  });
});
