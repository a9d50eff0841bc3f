// SPDX-License-Identifier: Apache-2.0
import { setImmediate as turn } from 'node:timers/promises';
import { getEventListeners, once } from 'node:events';
import { createServer } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { probe, type Target } from '../../../operator/meta/reach.ts';
import { daysFromNow, served, sign, type Signed } from './certificates.ts';
import { closeAll, listen, listenDeaf, relayHandshake, serveTls } from './tlsservers.ts';

const HOST = 'sip.example.com';
/** Ample: nothing that goes well waits for it. */
const LONG_MS = 20_000;
/** For tests that expect silence: enough for what comes before it on a busy machine. */
const QUIET_MS = 1500;

let root: Signed;
let leaf: Signed;

beforeAll(async () => {
  root = await sign({ commonName: 'Test Root', authority: true });
  leaf = await sign({ commonName: HOST, by: root, names: [HOST] });
});

afterEach(closeAll);

const target = (port: number, more: Partial<Target> = {}): Target => ({
  hostname: HOST,
  port,
  timeoutMs: LONG_MS,
  trust: [root.pem],
  resolve: async () => ['127.0.0.1'],
  signal: new AbortController().signal,
  ...more,
});

const only = (version: 'TLSv1.2' | 'TLSv1.3'): TlsOptions => ({ minVersion: version, maxVersion: version });
const failure = (code: string): Error => Object.assign(new Error(code), { code });

describe('a gateway that Meta can reach', () => {
  it.each(['TLSv1.2', 'TLSv1.3'] as const)('is told with its certificate, by %s', async (version) => {
    const port = await serveTls({ ...served(leaf), ...only(version) });
    expect(await probe(target(port))).toEqual({
      kind: 'ok',
      address: '127.0.0.1',
      serial: leaf.certificate.serialNumber.toUpperCase(),
      issuer: 'Test Root',
      notAfter: leaf.certificate.notAfter.toISOString(),
      protocol: version,
      requestsClientCertificate: false,
    });
  });

  it('is greeted with its name and without any ALPN', async () => {
    const heard = Promise.withResolvers<unknown>();
    const offers: string[][] = [];
    const ALPNCallback = ({ protocols }: { protocols: string[] }): undefined => void offers.push(protocols);
    const port = await serveTls({ ...served(leaf), ALPNCallback }, ({ servername }) => heard.resolve(servername));
    expect(await probe(target(port))).toMatchObject({ kind: 'ok' });
    expect(await heard.promise).toBe(HOST);
    expect(offers).toEqual([]);
  });

  it('may send its intermediate along', async () => {
    const intermediate = await sign({ commonName: 'Test Intermediate', by: root, authority: true });
    const below = await sign({ commonName: HOST, by: intermediate, names: [HOST] });
    const port = await serveTls(served(below, intermediate));
    expect(await probe(target(port))).toMatchObject({ kind: 'ok', issuer: 'Test Intermediate' });
  });

  it('may have a wildcard certificate', async () => {
    const port = await serveTls(served(await sign({ commonName: '*.example.com', by: root, names: ['*.example.com'] })));
    expect(await probe(target(port))).toMatchObject({ kind: 'ok' });
  });

  it('is verified against any of several roots in one bundle', async () => {
    const other = await sign({ commonName: 'Other Root', authority: true });
    const port = await serveTls(served(leaf));
    expect(await probe(target(port, { trust: [`# bundle\n${other.pem}\n${root.pem}\n`] }))).toMatchObject({ kind: 'ok' });
  });

  it('is found by the system’s own look-up', async () => {
    const local = await sign({ commonName: 'localhost', by: root, names: ['localhost'] });
    const port = await serveTls(served(local));
    const { resolve: _, ...byName } = target(port, { hostname: 'localhost' });
    expect(await probe(byName)).toMatchObject({ kind: 'ok', address: '127.0.0.1' });
  });

  it('may have an IPv6 address only', async () => {
    const port = await serveTls(served(leaf), undefined, '::1');
    expect(await probe(target(port, { resolve: async () => ['::1'] }))).toMatchObject({ kind: 'ok', address: '::1' });
  });

  it('is tried at its next address when one takes no connection', async () => {
    const port = await serveTls(served(leaf), undefined, '::1');
    const resolve = async (): Promise<string[]> => ['127.0.0.1', '::1'];
    expect(await probe(target(port, { resolve }))).toMatchObject({ kind: 'ok', address: '::1' });
  });
});

describe('client certificates', () => {
  const asking = (required: boolean): TlsOptions => ({
    ...served(leaf),
    ca: root.pem,
    requestCert: true,
    rejectUnauthorized: required,
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('that are demanded are found out, by %s', async (version) => {
    const port = await serveTls({ ...asking(true), ...only(version) });
    expect(await probe(target(port))).toEqual({ kind: 'client-certificate-demanded', address: '127.0.0.1' });
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('that are only asked for are noted, by %s', async (version) => {
    const port = await serveTls({ ...asking(false), ...only(version) });
    expect(await probe(target(port))).toMatchObject({ kind: 'ok', protocol: version, requestsClientCertificate: true });
  });

  it('that are only asked for are noted though the server gives no sign of having taken the client', async () => {
    const port = await relayHandshake(await serveTls({ ...asking(false), ...only('TLSv1.3') }), 'silence');
    expect(await probe(target(port, { timeoutMs: QUIET_MS }))).toMatchObject({ kind: 'ok', requestsClientCertificate: true });
  });

  it('are taken for demanded when the server asks and then hangs up', async () => {
    const port = await relayHandshake(await serveTls({ ...asking(false), ...only('TLSv1.3') }), 'hang-up');
    expect(await probe(target(port))).toEqual({ kind: 'client-certificate-demanded', address: '127.0.0.1' });
  });
});

describe('a certificate that Meta would not take', () => {
  const verdictOn = async (chain: [Signed, ...Signed[]], trust = [root.pem]): Promise<unknown> =>
    probe(target(await serveTls(served(...chain)), { trust }));

  it('signs itself', async () => {
    const own = await sign({ commonName: HOST, names: [HOST] });
    expect(await verdictOn([own])).toMatchObject({ kind: 'chain-untrusted', selfSigned: true, issuer: HOST });
  });

  it('leads to a root of one’s own', async () => {
    const own = await sign({ commonName: 'Own Root', authority: true });
    const below = await sign({ commonName: HOST, by: own, names: [HOST] });
    expect(await verdictOn([below, own])).toMatchObject({ kind: 'chain-untrusted', selfSigned: false, issuer: 'Own Root' });
  });

  it('leads by an intermediate to a root that is not sent and not known', async () => {
    const own = await sign({ commonName: 'Own Root', authority: true });
    const intermediate = await sign({ commonName: 'Own Intermediate', by: own, authority: true });
    const below = await sign({ commonName: HOST, by: intermediate, names: [HOST] });
    const verdict = await verdictOn([below, intermediate]);
    expect(verdict).toMatchObject({ kind: 'chain-untrusted', selfSigned: false, issuer: 'Own Root' });
  });

  it('is of no public authority, when nothing else is configured', async () => {
    const { trust: _, ...byDefault } = target(await serveTls(served(leaf, root)));
    expect(await probe(byDefault)).toMatchObject({ kind: 'chain-untrusted', issuer: 'Test Root' });
  });

  it('lacks its intermediate', async () => {
    const intermediate = await sign({ commonName: 'Test Intermediate', by: root, authority: true });
    const below = await sign({ commonName: HOST, by: intermediate, names: [HOST] });
    expect(await verdictOn([below])).toEqual({ kind: 'incomplete-chain', address: '127.0.0.1', issuer: 'Test Intermediate' });
  });

  it('is for other names', async () => {
    const other = await sign({ commonName: 'x', by: root, names: ['a.example.com', '*.example.org'] });
    expect(await verdictOn([other])).toEqual({
      kind: 'name-mismatch',
      address: '127.0.0.1',
      names: ['a.example.com', '*.example.org'],
    });
  });

  it('is for another name that stands only in its subject', async () => {
    const other = await sign({ commonName: 'old.example.com', by: root });
    expect(await verdictOn([other])).toMatchObject({ kind: 'name-mismatch', names: ['old.example.com'] });
  });

  it('has expired', async () => {
    const notAfter = daysFromNow(-1);
    const old = await sign({ commonName: HOST, by: root, names: [HOST], notBefore: daysFromNow(-9), notAfter });
    expect(await verdictOn([old])).toEqual({
      kind: 'expired',
      address: '127.0.0.1',
      subject: HOST,
      notAfter: old.certificate.notAfter.toISOString(),
    });
  });

  it('hangs on an intermediate that has expired', async () => {
    const dates = { notBefore: daysFromNow(-9), notAfter: daysFromNow(-1) };
    const old = await sign({ commonName: 'Old Intermediate', by: root, authority: true, ...dates });
    const below = await sign({ commonName: HOST, by: old, names: [HOST] });
    expect(await verdictOn([below, old])).toMatchObject({ kind: 'expired', subject: 'Old Intermediate' });
  });

  it('is not valid yet', async () => {
    const early = await sign({ commonName: HOST, by: root, names: [HOST], notBefore: daysFromNow(2) });
    expect(await verdictOn([early])).toEqual({
      kind: 'not-yet-valid',
      address: '127.0.0.1',
      subject: HOST,
      notBefore: early.certificate.notBefore.toISOString(),
    });
  });

  it('is told of even by a server that demands a client certificate in TLS 1.3', async () => {
    const own = await sign({ commonName: HOST, names: [HOST] });
    const port = await serveTls({ ...served(own), ...only('TLSv1.3'), ca: root.pem, requestCert: true });
    expect(await probe(target(port))).toMatchObject({ kind: 'chain-untrusted', selfSigned: true });
  });
});

describe('a gateway that does not get as far as a certificate', () => {
  it('has a name that DNS does not know', async () => {
    const resolve = async (): Promise<string[]> => Promise.reject(failure('ENOTFOUND'));
    expect(await probe(target(5061, { resolve }))).toEqual({ kind: 'name-not-found', code: 'ENOTFOUND' });
  });

  it('has a name without addresses', async () => {
    expect(await probe(target(5061, { resolve: async () => [] }))).toEqual({ kind: 'name-not-found', code: 'ENODATA' });
  });

  it('has a name that nobody answers for', async () => {
    const resolve = (): Promise<string[]> => new Promise(() => {});
    expect(await probe(target(5061, { resolve, timeoutMs: 50 }))).toEqual({ kind: 'name-not-found', code: 'ETIMEDOUT' });
  });

  it('refuses connections at every address', async () => {
    const server = createServer();
    const port = await listen(server);
    server.close();
    await once(server, 'close');
    expect(await probe(target(port, { resolve: async () => ['127.0.0.1', '127.0.0.2'] }))).toEqual({
      kind: 'no-connection',
      tried: [
        { address: '127.0.0.1', code: 'ECONNREFUSED' },
        { address: '127.0.0.2', code: 'ECONNREFUSED' },
      ],
    });
  });

  it('takes connections and says nothing', async () => {
    const port = await listen(createServer());
    const reach = await probe(target(port, { timeoutMs: QUIET_MS }));
    expect(reach).toEqual({ kind: 'not-tls', address: '127.0.0.1', answer: 'silence' });
  });

  it('takes connections and closes them', async () => {
    const port = await listen(createServer((socket) => socket.once('data', () => socket.end())));
    expect(await probe(target(port))).toEqual({ kind: 'not-tls', address: '127.0.0.1', answer: 'closed' });
  });

  it('takes connections and resets them', async () => {
    const port = await listen(createServer((socket) => socket.once('data', () => socket.resetAndDestroy())));
    expect(await probe(target(port))).toEqual({ kind: 'not-tls', address: '127.0.0.1', answer: 'closed' });
  });

  it.each(['SIP/2.0 400 Bad Request\r\n\r\n', 'HTTP/1.1 400 Bad Request\r\n\r\n', 'SSH-2.0-OpenSSH_9.6\r\n', '220 ready\r\n'])(
    'answers in plain text: %j',
    async (text) => {
      const port = await listen(createServer((socket) => socket.end(text)));
      expect(await probe(target(port))).toEqual({ kind: 'not-tls', address: '127.0.0.1', answer: 'plain-text' });
    },
  );

  it('speaks TLS but refuses the handshake', async () => {
    const port = await serveTls({ ...served(leaf), ...only('TLSv1.2'), ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' });
    const reach = await probe(target(port));
    expect(reach).toMatchObject({ kind: 'handshake-failed', code: expect.stringContaining('ALERT_HANDSHAKE_FAILURE') });
  });

  it('speaks only a TLS that is too old', async () => {
    const port = await serveTls({ ...served(leaf), minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' });
    expect(await probe(target(port))).toMatchObject({ kind: 'handshake-failed', code: expect.stringContaining('ERR_SSL') });
  });

  it('answers no attempt to connect', async () => {
    const port = await listenDeaf();
    expect(await probe(target(port, { timeoutMs: QUIET_MS }))).toEqual({
      kind: 'no-connection',
      tried: [{ address: '127.0.0.1', code: 'ETIMEDOUT' }],
    });
  });
});

describe('a probe', () => {
  it('ends with the signal’s reason when it is aborted before it starts', async () => {
    const reason = new Error('shutting down');
    await expect(probe(target(5061, { signal: AbortSignal.abort(reason) }))).rejects.toBe(reason);
  });

  it('ends with the signal’s reason while it looks up the name', async () => {
    const caller = new AbortController();
    const reason = new Error('shutting down');
    const resolve = (): Promise<string[]> => {
      queueMicrotask(() => caller.abort(reason));
      return new Promise(() => {});
    };
    await expect(probe(target(5061, { resolve, signal: caller.signal }))).rejects.toBe(reason);
  });

  it('ends with the signal’s reason in the handshake, and closes its connection', async () => {
    const caller = new AbortController();
    const reason = new Error('shutting down');
    const closed = Promise.withResolvers<void>();
    const server = createServer((socket) => {
      socket.on('close', () => closed.resolve());
      socket.once('data', () => caller.abort(reason));
    });
    const port = await listen(server);
    await expect(probe(target(port, { signal: caller.signal }))).rejects.toBe(reason);
    await closed.promise;
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('takes leave of the server in order, by %s', async (version) => {
    const closed = Promise.withResolvers<boolean>();
    const port = await serveTls({ ...served(leaf), ...only(version) }, (socket) => socket.on('close', closed.resolve).resume());
    await probe(target(port));
    const hadError = await closed.promise;
    expect(hadError).toBe(false);
  });

  it('gives its verdict though the server does not take leave', async () => {
    const port = await relayHandshake(await serveTls({ ...served(leaf), ...only('TLSv1.3') }), 'silence');
    expect(await probe(target(port, { timeoutMs: QUIET_MS }))).toMatchObject({ kind: 'ok' });
  });

  it('leaves no timer and no listener behind', async () => {
    const port = await serveTls(served(leaf));
    const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    while (timers() > 0) await turn(); // of earlier tests' sockets
    const { signal } = new AbortController();
    await probe(target(port, { signal }));
    await probe(target(1, { signal }));
    expect(timers()).toBe(0);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it.each([
    ['no certificate', 'roots go here', /text 2 has no PEM certificate/],
    ['a broken one', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----', /certificate 1 of text 2 is not readable/],
  ])('says so when the trusted roots hold %s', async (_, text, message) => {
    await expect(probe(target(5061, { trust: [root.pem, text] }))).rejects.toThrow(message);
  });

  it('does not hide a fault of the look-up itself', async () => {
    const fault = new RangeError('a bug');
    await expect(probe(target(5061, { resolve: async () => Promise.reject(fault) }))).rejects.toBe(fault);
  });
});
