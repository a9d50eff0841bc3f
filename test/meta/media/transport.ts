// SPDX-License-Identifier: Apache-2.0
// What carries the media of a DTLS call over its one port: ICE tells where to, a DTLS handshake brings the keys.
import type { DtlsIdentity } from './certificate.ts';
import { DtlsError, type DtlsFailure, DtlsHandshake, type SrtpKeys } from './dtls.ts';
import { IceLite, type Place } from './icelite.ts';
import type { LocalDtls, RemoteDtls } from './keying.ts';

export type MediaFindingCode = DtlsFailure | 'ice_role_conflict' | 'ice_not_nominated' | 'dtls_unfinished' | 'dtls_passive';

export interface MediaFinding {
  readonly code: MediaFindingCode;
  readonly detail: string;
}

/** Where a stream tells what happens on its way to keys. */
export interface MediaJournal {
  note(event: string): void;
  find(finding: MediaFinding): void;
}

export interface TransportOptions {
  readonly identity: DtlsIdentity;
  readonly journal: MediaJournal;
  send(bytes: Buffer, to: Place): void;
  /** There are keys. */
  secured(keys: SrtpKeys): void;
}

export class DtlsTransport {
  readonly #options: TransportOptions;
  readonly #ice = new IceLite({
    nominated: (place) => this.#nominated(place),
    conflicted: () => this.#conflicted(),
  });
  #remote: RemoteDtls | undefined;
  #handshake: DtlsHandshake | undefined;
  /** Why there will be no keys is told already. */
  #explained = false;
  #isSecured = false;
  #closed = false;

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  get local(): LocalDtls {
    const { ufrag, password } = this.#ice;
    return { ufrag, password, fingerprint: this.#options.identity.fingerprint };
  }

  /** The other side's SDP is known. A handshake that is Meta's to begin still waits for ICE. */
  begin(remote: RemoteDtls): void {
    this.#remote = remote;
    if (remote.client === 'business') this.#shakeHands('server', remote);
    if (remote.client === 'meta' && this.#ice.nominated !== undefined) this.#shakeHands('client', remote);
    if (remote.client !== 'nobody') return;
    const detail = 'a=setup:passive was answered, and Meta does not begin the handshake of a user’s call';
    this.#find({ code: 'dtls_passive', detail });
  }

  /** Takes what belongs to ICE and DTLS (RFC 7983); true for media, which is the caller’s. */
  carriesMedia(bytes: Buffer, from: Place): boolean {
    const first = bytes[0] ?? 0;
    if (first < 4) {
      const response = this.#ice.answer(bytes, from);
      if (response !== undefined) this.#options.send(response, from);
      return false;
    }
    if (!this.#ice.knows(from)) return false;
    if (first >= 20 && first < 64 && this.#ice.nominated !== undefined) this.#handshake?.receive(bytes);
    return first >= 128 && first < 192;
  }

  /** Sends to the pair that the other side named. */
  send(bytes: Buffer): void {
    if (this.#ice.nominated !== undefined) this.#options.send(bytes, this.#ice.nominated);
  }

  /** What is still missing for media to run, if anything is. */
  reportMissing(): void {
    if (this.#isSecured || this.#explained) return;
    const finding = this.#ice.nominated === undefined
      ? { code: 'ice_not_nominated', detail: 'no ICE check with USE-CANDIDATE came that was right' } as const
      : { code: 'dtls_unfinished', detail: 'the DTLS handshake brought no keys' } as const;
    this.#find(finding);
  }

  close(): void {
    this.#closed = true;
    this.#handshake?.close();
  }

  #nominated(place: Place): void {
    this.#options.journal.note(`ICE: ${place.address}:${place.port} nominated`);
    if (this.#remote?.client === 'meta') this.#shakeHands('client', this.#remote);
  }

  #conflicted(): void {
    if (this.#explained) return;
    const detail = 'a check says ICE-CONTROLLED: Meta is ICE-lite, so the business must be controlling';
    this.#find({ code: 'ice_role_conflict', detail });
  }

  #shakeHands(role: 'client' | 'server', { fingerprints }: RemoteDtls): void {
    if (this.#handshake !== undefined) return;
    const { identity } = this.#options;
    const handshake = new DtlsHandshake({ role, identity, fingerprints, send: (bytes) => this.send(bytes) });
    this.#handshake = handshake;
    void this.#await(handshake);
  }

  async #await({ keys }: DtlsHandshake): Promise<void> {
    let agreed: SrtpKeys;
    try {
      agreed = await keys;
    } catch (error) {
      if (this.#closed) return; // given up with the call
      const code = error instanceof DtlsError ? error.failure : 'dtls_failed';
      this.#find({ code, detail: error instanceof Error ? error.message : String(error) });
      return;
    }
    this.#isSecured = true;
    this.#options.journal.note('DTLS: keys agreed');
    this.#options.secured(agreed);
  }

  #find(finding: MediaFinding): void {
    this.#explained = true;
    this.#options.journal.find(finding);
  }
}
