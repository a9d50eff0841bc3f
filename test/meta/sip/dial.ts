// SPDX-License-Identifier: Apache-2.0
// Meta's side as a TLS client: resolves the name, connects from a given address, checks chain and name.
import { Resolver } from 'node:dns/promises';
import { connect as connectTcp, isIP } from 'node:net';
import { connect as startTls, type TLSSocket } from 'node:tls';

export type DialFailure = 'dns_failed' | 'connect_failed' | 'tls_failed' | 'tls_verify_failed';

/** No connection as Meta wants it; `failure` says at which step, the message why. */
export class DialError extends Error {
  override readonly name = 'DialError';
  readonly failure: DialFailure;

  constructor(failure: DialFailure, message: string) {
    super(message);
    this.failure = failure;
  }
}

export interface DialOptions {
  readonly host: string;
  readonly port: number;
  readonly sourceAddress: string;
  /** PEM of the roots the peer's chain must end at. */
  readonly trust: string;
  readonly timeoutMs: number;
}

/** What the peer's certificate said, for assertions on renewal. */
export interface PeerCertificate {
  readonly serial: string;
  readonly subject: string;
  readonly issuer: string;
  readonly names: string;
  readonly validTo: string;
}

/** Resolves a host name to its first IPv4 address by asking `dnsServer` (`address` or `address:port`). */
export async function resolveHost(dnsServer: string, host: string): Promise<string> {
  if (isIP(host)) return host;
  const resolver = new Resolver({ timeout: 2000, tries: 2 });
  resolver.setServers([dnsServer]);
  try {
    const [address] = await resolver.resolve4(host);
    if (address !== undefined) return address;
  } catch (error) {
    throw new DialError('dns_failed', `${host} does not resolve at ${dnsServer}: ${describe(error)}`);
  }
  throw new DialError('dns_failed', `${host} has no IPv4 address at ${dnsServer}`);
}

/** Opens a verified TLS connection to `address`, asking for `options.host` by SNI and offering no ALPN. */
export function dialTls(address: string, options: DialOptions): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    let step: DialFailure = 'connect_failed';
    const tcp = connectTcp({ host: address, port: options.port, localAddress: options.sourceAddress });
    const socket = startTls({
      socket: tcp,
      ...(isIP(options.host) ? {} : { servername: options.host }),
      ca: [options.trust],
      minVersion: 'TLSv1.2',
      // Verified below, so that a bad certificate is told apart from a failed handshake.
      rejectUnauthorized: false,
    });
    const timer = setTimeout(() => fail(`no answer within ${options.timeoutMs} ms`), options.timeoutMs);
    const fail = (reason: string) => {
      clearTimeout(timer);
      socket.destroy();
      reject(new DialError(step, `${options.host}:${options.port} (${address}): ${reason}`));
    };
    tcp.once('connect', () => { step = 'tls_failed'; });
    tcp.on('error', (error) => fail(describe(error)));
    socket.once('close', () => fail('connection closed during set-up'));
    socket.on('error', (error) => fail(describe(error)));
    socket.once('secureConnect', () => {
      if (!socket.authorized) {
        step = 'tls_verify_failed';
        fail(`${String(socket.authorizationError)}; certificate is for ${peerCertificate(socket).names || 'no name'}`);
        return;
      }
      clearTimeout(timer);
      tcp.removeAllListeners('error').on('error', () => socket.destroy());
      socket.removeAllListeners('close').removeAllListeners('error');
      resolve(socket);
    });
  });
}

/** The certificate the peer presented. */
export function peerCertificate(socket: TLSSocket): PeerCertificate {
  const certificate = socket.getPeerX509Certificate();
  return {
    serial: certificate?.serialNumber ?? '',
    subject: certificate?.subject ?? '',
    issuer: certificate?.issuer ?? '',
    names: certificate?.subjectAltName ?? '',
    validTo: certificate?.validTo ?? '',
  };
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
