// SPDX-License-Identifier: Apache-2.0
// A PBX that takes any number of calls at once, and speaks one tone to all of them.
import { randomBytes } from 'node:crypto';
import { header, listHeader, respond, serialise, type SipMessage, type SipRequest } from '../meta/sip/message.ts';
import { parseUri } from '../meta/sip/uri.ts';
import { DeskMedia, type DeskMediaOptions } from './deskmedia.ts';
import { udpLink, type Link } from './link.ts';

interface Line {
  media: DeskMedia;
  answer: Buffer;
}

export class Switchboard {
  readonly #link: Link;
  readonly #options: DeskMediaOptions;
  readonly #lines = new Map<string, Line>();
  /** Calls whose first INVITE is being answered. */
  readonly #opening = new Set<string>();

  private constructor(link: Link, options: DeskMediaOptions) {
    this.#link = link;
    this.#options = options;
    link.heard = (message) => void this.#arrived(message);
  }

  static async open(options: DeskMediaOptions): Promise<Switchboard> {
    return new Switchboard(await udpLink(options.address), options);
  }

  get uri(): string {
    return `sip:desk@${this.#options.address}:${this.#link.port}`;
  }

  /** The media of each call that is up, by its Call-ID. */
  get lines(): ReadonlyMap<string, DeskMedia> {
    return new Map([...this.#lines].map(([callId, { media }]) => [callId, media]));
  }

  close(): void {
    for (const { media } of this.#lines.values()) media.close();
    this.#link.close();
  }

  async #arrived(message: SipMessage): Promise<void> {
    if (message.kind !== 'request' || message.method === 'ACK') return;
    const callId = header(message, 'Call-ID') ?? '';
    if (message.method === 'INVITE') return this.#take(callId, message);
    if (message.method === 'BYE') {
      this.#lines.get(callId)?.media.close();
      this.#lines.delete(callId);
    }
    this.#send(message, serialise(respond(message, { code: 200, reason: 'OK' }, callId)));
  }

  /** The same INVITE again gets the same answer again. */
  async #take(callId: string, invite: SipRequest): Promise<void> {
    const known = this.#lines.get(callId);
    if (known) return this.#send(invite, known.answer);
    if (this.#opening.has(callId)) return;
    this.#opening.add(callId);
    const media = await DeskMedia.open(this.#options);
    media.follow(invite.body.toString());
    const headers = [{ name: 'Contact', value: `<${this.uri}>` }, { name: 'Content-Type', value: 'application/sdp' }];
    const response = respond(invite, { code: 200, reason: 'OK' }, randomBytes(6).toString('hex'), headers);
    const answer = serialise({ ...response, body: Buffer.from(media.describe()) });
    this.#lines.set(callId, { media, answer });
    this.#opening.delete(callId);
    this.#send(invite, answer);
  }

  #send(request: SipRequest, bytes: Buffer): void {
    const [via = ''] = listHeader(request, 'Via');
    const to = parseUri(`sip:${/^\S+ ([^;]+)/.exec(via)?.[1] ?? ''}`);
    this.#link.send(bytes, { host: to?.host ?? '', port: to?.port ?? 5060 });
  }
}
