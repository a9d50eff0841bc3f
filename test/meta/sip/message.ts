// SPDX-License-Identifier: Apache-2.0
// SIP messages as plain data (RFC 3261 §7): headers keep their order and spelling.

export interface Header {
  readonly name: string;
  readonly value: string;
}

export interface SipRequest {
  readonly kind: 'request';
  readonly method: string;
  readonly uri: string;
  readonly headers: readonly Header[];
  readonly body: Buffer;
}

export interface SipResponse {
  readonly kind: 'response';
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly Header[];
  readonly body: Buffer;
}

export type SipMessage = SipRequest | SipResponse;

/** The first value of a header, by name in any case. */
export function header(message: SipMessage, name: string): string | undefined {
  const wanted = name.toLowerCase();
  return message.headers.find((candidate) => candidate.name.toLowerCase() === wanted)?.value;
}

/** All values of a list header (Via, Route, Record-Route, Contact …), comma lists taken apart. */
export function listHeader(message: SipMessage, name: string): string[] {
  const wanted = name.toLowerCase();
  return message.headers
    .filter((candidate) => candidate.name.toLowerCase() === wanted)
    .flatMap((candidate) => splitList(candidate.value));
}

/** Splits at commas that are neither inside `"…"` nor inside `<…>`. */
export function splitList(value: string): string[] {
  const parts = value.match(/(?:"(?:\\.|[^"\\])*"|<[^>]*>|[^,"<])+/g) ?? [];
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

/** The value of a `;name=value` parameter outside of `<…>`; '' when it has no value. */
export function parameter(value: string, name: string): string | undefined {
  const outside = value.replace(/"(?:\\.|[^"\\])*"/g, '""').replace(/<[^>]*>/, '');
  const wanted = name.toLowerCase();
  for (const part of outside.split(';').slice(1)) {
    const [key = '', text = ''] = part.split('=', 2);
    if (key.trim().toLowerCase() === wanted) return text.trim();
  }
  return undefined;
}

/** Sequence number and method of CSeq; the parser guarantees the form. */
export function cseq(message: SipMessage): { number: number; method: string } {
  const [number = '', method = ''] = (header(message, 'CSeq') ?? '').split(/\s+/);
  return { number: Number(number), method };
}

/** The branch of the top-most Via, the key of a transaction. */
export function topBranch(message: SipMessage): string {
  return parameter(listHeader(message, 'Via')[0] ?? '', 'branch') ?? '';
}

/** The bytes on the wire. Content-Length is always written here, from the body. */
export function serialise(message: SipMessage): Buffer {
  const start =
    message.kind === 'request'
      ? `${message.method} ${message.uri} SIP/2.0`
      : `SIP/2.0 ${message.status} ${message.reason}`;
  const lines = message.headers
    .filter((entry) => entry.name.toLowerCase() !== 'content-length')
    .map((entry) => `${entry.name}: ${entry.value}`);
  const head = [start, ...lines, `Content-Length: ${message.body.length}`, '', ''].join('\r\n');
  return Buffer.concat([Buffer.from(head), message.body]);
}

/** A response to `request` with the headers RFC 3261 §8.2.6 copies; a `toTag` is added where To has none. */
export function respond(
  request: SipRequest,
  status: { code: number; reason: string },
  toTag: string | undefined,
  extra: readonly Header[] = [],
): SipResponse {
  const copied = request.headers
    .filter((entry) => ['via', 'from', 'to', 'call-id', 'cseq', 'record-route'].includes(entry.name.toLowerCase()))
    .map((entry) =>
      entry.name.toLowerCase() === 'to' && toTag !== undefined && parameter(entry.value, 'tag') === undefined
        ? { name: entry.name, value: `${entry.value};tag=${toTag}` }
        : entry,
    );
  return {
    kind: 'response',
    status: status.code,
    reason: status.reason,
    headers: [...copied, ...extra],
    body: Buffer.alloc(0),
  };
}
