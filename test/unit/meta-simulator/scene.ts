// SPDX-License-Identifier: Apache-2.0
// A simulated Meta and a scripted business on loopback, with one number that is set up for calls.
import { type Meta, startMeta } from '../../meta/meta.ts';
import { Business, type Script } from './business.ts';
import { startDns } from './dns.ts';

export const phoneNumber = '+15550001111';

/** For `vi.waitFor`: a deadline that a busy machine keeps. */
export const soon = { timeout: 10_000, interval: 20 };

export interface Scene {
  readonly meta: Meta;
  readonly business: Business;
}

const running: { stop(): Promise<void> }[] = [];

/** Has something stopped by `closeScenes`. */
export function stopLater(thing: { stop(): Promise<void> }): void {
  running.push(thing);
}

export async function closeScenes(): Promise<void> {
  for (const thing of running.splice(0)) await thing.stop();
}

export interface SceneOptions {
  /** Names of the business's certificate. */
  readonly names?: string[];
  /** What the number's settings say. */
  readonly hostname?: string;
  /** DTLS is Meta's default: the settings say nothing then. SDES unless given. */
  readonly keyExchange?: 'DTLS';
  /** Meta's clock. */
  readonly now?: () => number;
}

export async function set(script: Partial<Script> = {}, options: SceneOptions = {}): Promise<Scene> {
  const dns = await startDns();
  const business = await Business.start(script, options.names);
  const meta = await startMeta({
    address: '127.0.0.1', dnsServer: dns.server, trust: business.caPem, graphPort: 0, sipPort: 0,
    ...(options.now === undefined ? {} : { now: options.now }),
  });
  stopLater({ stop: async () => { await meta.close(); await business.stop(); dns.close(); } });
  const number = meta.addNumber({ phoneNumberID: '1001', phoneNumber, businessAccountID: '2001' });
  meta.addToken({ token: 't', appId: '3001', scopes: ['whatsapp_business_management', 'whatsapp_business_messaging'] });
  number.calling = {
    status: 'ENABLED', sip: { status: 'ENABLED' }, audio: { additional_codecs: ['PCMA'] },
    ...(options.keyExchange === 'DTLS' ? {} : { srtp_key_exchange_protocol: 'SDES' as const }),
  };
  const hostname = options.hostname ?? 'sip.example.test';
  number.servers = [{ appId: '3001', hostname, port: business.port, requestUriUserParams: {}, password: 'secret' }];
  business.script.password = script.password ?? 'secret';
  return { meta, business };
}
