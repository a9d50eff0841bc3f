// SPDX-License-Identifier: Apache-2.0
// Meta's side of an established dialog: ACK and BYE along the route set, on a connection that leads there.
import type { SipConnection } from './connection.ts';
import { DialError } from './dial.ts';
import { type Dialog, inDialogRequest } from './dialog.ts';
import { type SipEndpoint, TransactionError } from './endpoint.ts';
import type { Journal } from './journal.ts';
import { cseq, header, type Header, parameter, type SipRequest } from './message.ts';
import { tlsTarget, uriOf } from './uri.ts';

export interface LegOptions {
  readonly endpoint: SipEndpoint;
  readonly journal: Journal;
  readonly dialog: Dialog;
  /** The CSeq number our next request comes after. */
  readonly sequence: number;
  readonly connection: SipConnection;
  readonly sourceAddress: string;
  /** A new connection for each request. */
  readonly reconnect: boolean;
}

export class DialogLeg {
  readonly #options: LegOptions;
  #connection: SipConnection;
  #sequence: number;

  constructor(options: LegOptions) {
    this.#options = options;
    this.#connection = options.connection;
    this.#sequence = options.sequence;
  }

  /** Whether a request of the other side is in this dialog. */
  owns(request: SipRequest): boolean {
    const { localTag, remoteTag } = this.#options.dialog;
    return parameter(header(request, 'To') ?? '', 'tag') === localTag
      && parameter(header(request, 'From') ?? '', 'tag') === remoteTag;
  }

  get remoteTag(): string {
    return this.#options.dialog.remoteTag;
  }

  /** Sends the ACK of an INVITE of ours. */
  async acknowledge(invite: SipRequest): Promise<void> {
    const { dialog, journal } = this.#options;
    const proof = ['Authorization', 'Proxy-Authorization'].flatMap((name) => {
      const value = header(invite, name);
      return value === undefined ? [] : [{ name, value }]; // RFC 3261 §22.3: the ACK repeats the credentials
    });
    const connection = await this.#connect();
    if (connection === undefined) return;
    connection.send(inDialogRequest(dialog, 'ACK', cseq(invite).number, { via: connection, extra: proof }));
    journal.note('ACK sent');
  }

  /** Sends BYE; its final status, or undefined when none came (a finding says why). */
  async bye(extra: readonly Header[], timeoutMs: number): Promise<number | undefined> {
    const { endpoint, dialog, journal } = this.#options;
    const connection = await this.#connect();
    if (connection === undefined) return undefined;
    this.#sequence += 1;
    const request = inDialogRequest(dialog, 'BYE', this.#sequence, { via: connection, extra });
    journal.note('BYE sent');
    try {
      const response = await endpoint.request(connection, request, timeoutMs);
      journal.note(`${response.status} ${response.reason} to BYE`);
      return response.status;
    } catch (error) {
      if (!(error instanceof TransactionError)) throw error;
      journal.find({ code: 'in_dialog_unreachable', detail: error.message });
      return undefined;
    }
  }

  // Beyond Meta's own proxies the first hop is the gateway's Record-Route, or its Contact when it left none.
  async #connect(): Promise<SipConnection | undefined> {
    const { endpoint, journal, dialog, sourceAddress, reconnect } = this.#options;
    if (this.#connection.open && !reconnect) return this.#connection;
    const hop = uriOf(dialog.routes[0] ?? `<${dialog.remoteTarget}>`);
    try {
      const target = tlsTarget(hop);
      if (!target) throw new DialError('connect_failed', `the next hop ${hop} is not for TLS`);
      this.#connection = await endpoint.dial({ ...target, sourceAddress });
      journal.note(`new connection to ${this.#connection.peer}`);
      return this.#connection;
    } catch (error) {
      if (!(error instanceof DialError)) throw error;
      journal.find({ code: 'in_dialog_unreachable', detail: error.message });
      return undefined;
    }
  }
}
