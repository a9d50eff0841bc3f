// SPDX-License-Identifier: Apache-2.0
import { X509Certificate } from 'node:crypto';
import { promises as dns } from 'node:dns';
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { toReach, type Attempt, type Heard, type Reach, type Shown } from './reachverdict.ts';

/** A gateway's public name, and how to try it. */
export interface Target {
  hostname: string;
  port: number;
  /** Limit of the whole probe, look-up included. */
  timeoutMs: number;
  /** PEM of the roots to verify against; without it Node's own, and those of NODE_EXTRA_CA_CERTS. */
  trust?: readonly string[];
  /** Gives a name's addresses in the order to try them; without it the system's, IPv4 first. */
  resolve?: (hostname: string) => Promise<readonly string[]>;
  signal: AbortSignal;
}

/**
 * Shakes hands with a gateway as Meta does before each call: TLS with the name checked, no ALPN, no client certificate.
 * Uses the first address that takes a connection.
 * @throws the signal's reason when aborted; TypeError when `trust` holds something other than PEM certificates
 */
export async function probe({ hostname, port, timeoutMs, trust, resolve = lookUp, signal }: Target): Promise<Reach> {
  const roots = trust && readRoots(trust);
  signal.throwIfAborted();
  using limit = timeLimit(timeoutMs, signal);
  const found = await find(resolve(hostname), limit.signal);
  signal.throwIfAborted();
  if (typeof found === 'string') return { kind: 'name-not-found', code: found };
  const tried: Attempt[] = [];
  for (const address of found) {
    // A share of the time for each address, and one for the handshake.
    using share = timeLimit(timeoutMs / (found.length + 1), limit.signal);
    const socket = await connect(address, port, share.signal);
    if (typeof socket !== 'string') {
      const heard = await shakeHands(socket, { servername: hostname, ...(roots && { ca: roots }) }, limit.signal);
      signal.throwIfAborted();
      return toReach(address, heard);
    }
    signal.throwIfAborted();
    tried.push({ address, code: socket });
  }
  return { kind: 'no-connection', tried };
}

async function lookUp(hostname: string): Promise<string[]> {
  return (await dns.lookup(hostname, { all: true, order: 'ipv4first' })).map(({ address }) => address);
}

/** The addresses, or the code of the error. A look-up cannot be called off; its answer is dropped when it comes too late. */
async function find(answer: Promise<readonly string[]>, signal: AbortSignal): Promise<readonly string[] | string> {
  const late = Promise.withResolvers<string>();
  const stop = (): void => late.resolve('ETIMEDOUT');
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  try {
    const found = await Promise.race([answer, late.promise]);
    return found.length === 0 ? 'ENODATA' : found;
  } catch (cause) {
    return codeOf(cause);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** A connection that the caller must destroy, or the code of the error. */
async function connect(host: string, port: number, signal: AbortSignal): Promise<Socket | string> {
  if (signal.aborted) return 'ETIMEDOUT';
  const socket = connectTcp({ host, port });
  // Without a listener an error that comes after we have lost interest would end the process.
  socket.on('error', () => {});
  try {
    await once(socket, 'connect', { signal });
    return socket;
  } catch (cause) {
    socket.destroy();
    return signal.aborted ? 'ETIMEDOUT' : codeOf(cause);
  }
}

/**
 * Runs the handshake and closes the socket. A bad certificate does not end it, so that all of it can be told.
 *
 * Whether the server asks for a client certificate: its CertificateRequest carries signature algorithms, and OpenSSL keeps those
 * that both sides share; a client has none without that message, in TLS 1.2 and 1.3 alike. They are read at each new secret
 * ('keylog'; the secret itself is ignored), since the handle is gone by the time that a failed handshake is reported.
 * Whether it demands one: in TLS 1.2 the handshake then fails. In 1.3 the client is through before the server has judged the
 * absence, so we listen on for an alert, until a session ticket or data (RFC 8446 §4.6.1: only after the client's last message,
 * where client certificates are asked for) or the end of our time shows that we are taken without.
 */
async function shakeHands(plain: Socket, options: { servername: string; ca?: string[] }, signal: AbortSignal): Promise<Heard> {
  const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
  const secure = connectTls({ ...options, socket: plain, rejectUnauthorized: false });
  let requestsClientCertificate = false;
  let shown: Shown | undefined;
  const settle = (): void => {
    if (shown) resolve(undefined);
  };
  const stop = (): void => resolve('ETIMEDOUT');
  secure.on('keylog', () => {
    requestsClientCertificate ||= secure.getSharedSigalgs().length > 0;
  });
  secure.once('secureConnect', () => {
    // Typed as an Error, but it is a code.
    const fault = secure.authorized ? {} : { fault: String(secure.authorizationError) };
    const protocol = secure.getProtocol() ?? 'TLS';
    shown = { protocol, certificate: secure.getPeerCertificate(true), ...fault };
    if (!secure.authorized || !requestsClientCertificate || protocol !== 'TLSv1.3') resolve(undefined);
  });
  secure.on('session', settle).on('data', settle);
  secure.on('error', reject);
  secure.on('close', () => resolve('ECONNRESET')).on('end', () => resolve('ECONNRESET'));
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  try {
    const failure = await promise.catch(codeOf);
    if (failure === undefined) await takeLeave(secure, signal);
    return { requestsClientCertificate, ...(shown && { shown }), ...(failure === undefined ? {} : { failure }) };
  } finally {
    signal.removeEventListener('abort', stop);
    secure.destroy();
    plain.destroy();
  }
}

/** Ends the connection in order, so that no check leaves a broken handshake in the gateway's log. */
async function takeLeave(socket: Socket, signal: AbortSignal): Promise<void> {
  socket.resume();
  socket.end();
  // The verdict is known: whether the server takes leave as well changes nothing.
  await once(socket, 'close', { signal }).catch(() => {});
}

/** Every certificate of the texts, each checked: Node's TLS passes over what it cannot read. */
function readRoots(trust: readonly string[]): string[] {
  return trust.flatMap((text, i) => {
    const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
    if (blocks.length === 0) throw new TypeError(`trusted roots: text ${i + 1} has no PEM certificate; add one or leave it out`);
    return blocks.map((block, j) => {
      try {
        return new X509Certificate(block).toString();
      } catch (cause) {
        throw new TypeError(`trusted roots: certificate ${j + 1} of text ${i + 1} is not readable; replace it`, { cause });
      }
    });
  });
}

/** The code of a system, DNS or TLS error; anything else is a fault of ours and goes on up. */
function codeOf(cause: unknown): string {
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code;
  throw cause;
}

/** A signal that follows `parent` and has a time limit; leaves no timer and no listener behind. */
function timeLimit(ms: number, parent: AbortSignal): Disposable & { signal: AbortSignal } {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  const timer = setTimeout(abort, ms);
  parent.addEventListener('abort', abort, { once: true });
  if (parent.aborted) abort();
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      clearTimeout(timer);
      parent.removeEventListener('abort', abort);
    },
  };
}
