// SPDX-License-Identifier: Apache-2.0
// Strict parser of SIP on a stream (RFC 3261 §7, §18.3): messages are framed by Content-Length.
import { type Header, header, type SipMessage } from './message.ts';

/** What came is not SIP; the message says what is wrong. */
export class SipParseError extends Error {
  override readonly name = 'SipParseError';
}

const maxHeadBytes = 65_536;
const maxBodyBytes = 65_536;
const token = /^[A-Za-z0-9\-.!%*_+`'~]+$/;
const compactForms: Readonly<Record<string, string>> = {
  v: 'Via', f: 'From', t: 'To', i: 'Call-ID', m: 'Contact', l: 'Content-Length', c: 'Content-Type',
  k: 'Supported', s: 'Subject', e: 'Content-Encoding', r: 'Refer-To', o: 'Event', x: 'Session-Expires',
};
const mandatory = ['Via', 'From', 'To', 'Call-ID', 'CSeq', 'Content-Length'] as const;

/** Cuts a byte stream into messages; whatever pieces it arrives in. */
export class StreamParser {
  #pending: Buffer = Buffer.alloc(0);

  /** Takes the next bytes and returns the messages completed by them. Throws SipParseError; the stream is lost then. */
  push(chunk: Uint8Array): SipMessage[] {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    const messages: SipMessage[] = [];
    for (let message = this.#next(); message !== undefined; message = this.#next()) messages.push(message);
    return messages;
  }

  #next(): SipMessage | undefined {
    this.#skipKeepAlive();
    const end = this.#pending.indexOf('\r\n\r\n');
    if (end > maxHeadBytes || (end < 0 && this.#pending.length > maxHeadBytes)) {
      throw new SipParseError(`header section longer than ${maxHeadBytes} bytes`);
    }
    if (end < 0) return undefined;
    const head = parseHead(this.#pending.subarray(0, end).toString());
    const bodyLength = Number(header(head, 'Content-Length'));
    if (bodyLength > maxBodyBytes) throw new SipParseError(`Content-Length ${bodyLength} is above ${maxBodyBytes}`);
    const total = end + 4 + bodyLength;
    if (this.#pending.length < total) return undefined;
    const body = Buffer.from(this.#pending.subarray(end + 4, total));
    this.#pending = this.#pending.subarray(total);
    return { ...head, body };
  }

  // RFC 5626 §3.5.1: empty lines between messages keep a connection alive.
  #skipKeepAlive(): void {
    while (this.#pending.length >= 2 && this.#pending[0] === 13 && this.#pending[1] === 10) {
      this.#pending = this.#pending.subarray(2);
    }
  }
}

/** Parses one complete message. Throws SipParseError. */
export function parseMessage(bytes: Uint8Array): SipMessage {
  const [message, ...rest] = new StreamParser().push(bytes);
  if (message === undefined) throw new SipParseError('message is incomplete');
  if (rest.length > 0) throw new SipParseError('more than one message');
  return message;
}

function parseHead(text: string): SipMessage {
  const [start = '', ...lines] = text.replace(/\r\n[ \t]+/g, ' ').split('\r\n');
  const headers = lines.map(parseHeaderLine);
  const message = parseStartLine(start, headers);
  for (const name of mandatory) {
    if (header(message, name) === undefined) throw new SipParseError(`no ${name} header in "${start}"`);
  }
  checkValues(message);
  return message;
}

function parseStartLine(line: string, headers: Header[]): SipMessage {
  const body = Buffer.alloc(0);
  const status = /^SIP\/2\.0 ([1-6]\d\d) (.*)$/.exec(line);
  if (status) return { kind: 'response', status: Number(status[1]), reason: status[2] ?? '', headers, body };
  const [method = '', uri = '', version = '', ...more] = line.split(' ');
  if (version !== 'SIP/2.0' || more.length > 0 || !token.test(method) || !/^[A-Za-z][A-Za-z0-9+.-]*:.+/.test(uri)) {
    throw new SipParseError(`"${line.slice(0, 80)}" is neither a SIP request line nor a status line`);
  }
  return { kind: 'request', method, uri, headers, body };
}

function parseHeaderLine(line: string): Header {
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(colon, 0)).trimEnd();
  if (!token.test(name)) throw new SipParseError(`"${line.slice(0, 80)}" is not a header line`);
  return { name: compactForms[name.toLowerCase()] ?? name, value: line.slice(colon + 1).trim() };
}

function checkValues(message: SipMessage): void {
  const length = header(message, 'Content-Length') ?? '';
  if (!/^\d{1,9}$/.test(length)) throw new SipParseError(`Content-Length "${length}" is not a number`);
  const sequence = /^(\d{1,10}) +(\S+)$/.exec(header(message, 'CSeq') ?? '');
  if (!sequence || !token.test(sequence[2] ?? '')) {
    throw new SipParseError(`CSeq "${header(message, 'CSeq')}" is not a number and a method`);
  }
  if (message.kind === 'request' && sequence[2] !== message.method) {
    throw new SipParseError(`CSeq names ${sequence[2]} in a ${message.method} request`);
  }
  for (const name of mandatory) {
    const lower = name.toLowerCase();
    const count = message.headers.filter((entry) => entry.name.toLowerCase() === lower).length;
    if (count > 1 && name !== 'Via') throw new SipParseError(`${count} ${name} headers`);
  }
}
