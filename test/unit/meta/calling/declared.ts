// SPDX-License-Identifier: Apache-2.0
// Declared and observed settings for tests, and pairs of them.
import { calling } from '../../../../operator/api/calling.ts';
import type { Observation } from '../../../../operator/meta/calling/compare.ts';
import { observedCalling } from '../../../../operator/meta/calling/observed.ts';
import { toWanted, type SipEndpoint, type WantedCalling } from '../../../../operator/meta/calling/wanted.ts';

export const APP = 700000000000001;
export const MEDIA = '123456789';
export const NOW = new Date('2026-06-15T10:00:00Z');
export const ENDPOINT: SipEndpoint = { hostname: 'sip.example.com', port: 5061, keyExchange: 'SDES' };

export interface Circumstances {
  /** Undefined: nothing is uploaded yet. */
  announcementID?: string | undefined;
  endpoint?: SipEndpoint;
  now?: Date;
}

/** What spec.calling asks of Meta, as the API server hands it on: with its defaults. */
export const declare = (spec: object, circumstances: Circumstances = {}): WantedCalling =>
  toWanted({ calling: calling.parse(spec), endpoint: ENDPOINT, announcementID: MEDIA, now: NOW, ...circumstances });

/** The `calling` member of GET /settings, as this app reads it. */
export const observe = (json: unknown): Observation => ({ calling: observedCalling.parse(json), appID: String(APP) });

export const OWN = { app_id: APP, hostname: 'sip.example.com', port: 5061 };
export const FOREIGN = { app_id: 42, hostname: 'sip.other.example', port: 5061 };

/** What GET /settings shows once a spec without any wish is brought about. */
export const BROUGHT = {
  status: 'ENABLED',
  sip: { status: 'ENABLED', servers: [OWN] },
  srtp_key_exchange_protocol: 'SDES',
};

/** A pair of settings: what is written for it, and what a reader is told. */
export interface Pair {
  is: string;
  /** spec.calling. */
  declared: object;
  /** The `calling` member that Meta shows. */
  observed: object;
  /** The exact `calling` member of POST /settings; empty where nothing is written. */
  write: object;
  differences: string;
  announcementID?: string | undefined;
}

/** A pair without a difference; `shown` is what Meta shows beside what every spec asks for. */
export const same = (is: string, declared: object, shown: object): Pair => ({
  is,
  declared,
  observed: { ...BROUGHT, ...shown },
  write: {},
  differences: '',
});

/** A pair with differences; `[what Meta shows, what is written, what is told]`. */
export const differs = (is: string, declared: object, [shown, write, differences]: [object, object, string]): Pair => ({
  is,
  declared,
  observed: { ...BROUGHT, ...shown },
  write,
  differences,
});

/** The part of a write without which Meta may forget the key exchange. */
export const sipWrite = (server: object = {}, more: object = {}): object => ({
  sip: { status: 'ENABLED', servers: [{ hostname: 'sip.example.com', port: 5061, ...server }], ...more },
  srtp_key_exchange_protocol: 'SDES',
});
