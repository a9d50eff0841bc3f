// SPDX-License-Identifier: Apache-2.0
// One DTLS-SRTP handshake (RFC 5764) of the media, done by the openssl program: Node has no DTLS. The program talks to
// a socket of ours on loopback, which carries its packets from and to the media port, and prints what it agreed on.
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DtlsIdentity, fingerprintOf } from './certificate.ts';

/** Master key and salt of each direction, 30 bytes. */
export interface SrtpKeys {
  readonly local: Buffer;
  readonly remote: Buffer;
}

export type DtlsFailure = 'dtls_failed' | 'dtls_without_srtp' | 'dtls_fingerprint_mismatch';

/** No keys came of the handshake. */
export class DtlsError extends Error {
  override readonly name = 'DtlsError';
  readonly failure: DtlsFailure;

  constructor(failure: DtlsFailure, message: string) {
    super(message);
    this.failure = failure;
  }
}

export interface DtlsOptions {
  readonly role: 'client' | 'server';
  readonly identity: DtlsIdentity;
  /** SHA-256 of each certificate that the other side may show. */
  readonly fingerprints: readonly string[];
  /** Sends a packet to the other side. */
  send(bytes: Buffer): void;
}

const loopback = '127.0.0.1';
const keyLength = 16;
const saltLength = 14;
/** Packets of the other side kept until openssl has its socket; it sends lost ones again. */
const keptEarly = 20;
/** How much of what openssl complains of goes into an error. */
const keptComplaint = 500;

export class DtlsHandshake {
  readonly #options: DtlsOptions;
  readonly #relay: Socket = createSocket('udp4');
  readonly #keys = Promise.withResolvers<SrtpKeys>();
  #openssl: ChildProcess | undefined;
  #opensslPort: number | undefined;
  #folder: string | undefined;
  #early: Buffer[] = [];
  /** Until there are keys. */
  #output: string | undefined = '';
  #complaint = '';
  #closed = false;

  /** Starts at once: a client sends its first packet, a server waits. */
  constructor(options: DtlsOptions) {
    this.#options = options;
    this.#run().catch((error: unknown) => {
      this.#keys.reject(error);
      this.close();
    });
  }

  /** What the handshake agreed on, once the other side has shown the right certificate. Rejects with DtlsError. */
  get keys(): Promise<SrtpKeys> {
    return this.#keys.promise;
  }

  /** A packet of the other side. */
  receive(bytes: Buffer): void {
    if (this.#closed) return;
    if (this.#opensslPort !== undefined) this.#relay.send(bytes, this.#opensslPort, loopback);
    else if (this.#early.length < keptEarly) this.#early.push(bytes);
  }

  /** Lets go of the program; an unfinished handshake is given up. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#relay.close();
    this.#openssl?.kill();
    this.#removeIdentity();
    this.#keys.reject(new DtlsError('dtls_failed', 'the handshake was given up'));
  }

  async #run(): Promise<void> {
    this.#relay.on('message', (bytes, { port }) => this.#fromOpenssl(bytes, port));
    this.#relay.on('error', (error) => this.#keys.reject(error)).bind(0, loopback);
    await once(this.#relay, 'listening');
    if (this.#closed) return;
    this.#folder = mkdtempSync(join(tmpdir(), 'dtls-'));
    const pem = join(this.#folder, 'identity.pem');
    writeFileSync(pem, this.#options.identity.pem, { mode: 0o600 });
    const openssl = spawn('openssl', this.#arguments(pem), { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#openssl = openssl;
    openssl.stdout.setEncoding('utf8').on('data', (text: string) => this.#read(text));
    openssl.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#complaint = (this.#complaint + text).slice(-keptComplaint);
    });
    await once(openssl, 'close');
    // Of no account once there are keys: so it ends when the other side says goodbye.
    throw new DtlsError('dtls_failed', `openssl ended without keys: ${this.#complaint.trim()}`);
  }

  /** The program reads the certificate before it says anything. */
  #removeIdentity(): void {
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true });
    this.#folder = undefined;
  }

  #arguments(pem: string): string[] {
    const { role } = this.#options;
    const shared = [
      '-dtls1_2', '-mtu', '1200', '-cert', pem, '-key', pem, '-no_ticket',
      '-use_srtp', 'SRTP_AES128_CM_SHA1_80', '-keymatexport', 'EXTRACTOR-dtls_srtp',
      '-keymatexportlen', String(2 * (keyLength + saltLength)),
    ];
    return role === 'client'
      ? ['s_client', '-connect', `${loopback}:${this.#relay.address().port}`, ...shared]
      // Asks for a certificate, which is judged by its fingerprint and not by who signed it.
      : ['s_server', '-accept', `${loopback}:0`, '-naccept', '1', '-Verify', '1', ...shared];
  }

  #fromOpenssl(bytes: Buffer, port: number): void {
    this.#reachable(port);
    this.#options.send(bytes);
  }

  /** The program’s port: a server prints it, a client is known by its first packet. */
  #reachable(port: number): void {
    if (this.#opensslPort !== undefined || this.#closed) return;
    this.#opensslPort = port;
    for (const bytes of this.#early.splice(0)) this.#relay.send(bytes, port, loopback);
  }

  #read(text: string): void {
    this.#removeIdentity();
    if (this.#output === undefined) return;
    this.#output += text;
    const port = /^ACCEPT .*:(\d+)$/m.exec(this.#output)?.[1];
    if (port !== undefined) this.#reachable(Number(port));
    const material = /Keying material: ([0-9A-F]+)\n/.exec(this.#output)?.[1];
    if (material === undefined) return;
    try {
      this.#keys.resolve(this.#agreed(this.#output, Buffer.from(material, 'hex')));
      this.#output = undefined;
    } catch (error) {
      this.#keys.reject(error);
      this.close();
    }
  }

  /** Throws DtlsError. */
  #agreed(output: string, material: Buffer): SrtpKeys {
    const { fingerprints, role } = this.#options;
    const [certificate] = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/.exec(output) ?? [];
    const shown = certificate === undefined ? 'no certificate' : fingerprintOf(certificate);
    if (!fingerprints.includes(shown)) {
      throw new DtlsError('dtls_fingerprint_mismatch', `the certificate is ${shown}, and SDP said ${fingerprints.join(', ')}`);
    }
    if (!output.includes('SRTP Extension negotiated, profile=SRTP_AES128_CM_SHA1_80')) {
      throw new DtlsError('dtls_without_srtp', 'the handshake did not agree on SRTP_AES128_CM_HMAC_SHA1_80');
    }
    const [client, server] = [sideOf(material, 0), sideOf(material, 1)];
    return role === 'client' ? { local: client, remote: server } : { local: server, remote: client };
  }
}

/** RFC 5764 §4.2: the keys of client and server, then their salts. */
function sideOf(material: Buffer, side: 0 | 1): Buffer {
  const part = (start: number, length: number) => material.subarray(start, start + length);
  return Buffer.concat([part(side * keyLength, keyLength), part(2 * keyLength + side * saltLength, saltLength)]);
}
