// SPDX-License-Identifier: Apache-2.0
// The little of SIP that a trace needs to know. Pure.

export interface Glimpse {
  callId: string;
  /** Of the request, or of the one that is answered. */
  method: string;
  /** Of an answer. */
  status: number | undefined;
}

/** Anybody may have sent it: no pattern may take longer than the text is long. */
const value = (text: string, name: string): string | undefined => new RegExp(`^(?:${name})[ \\t]*:([^\\r\\n]*)`, 'im').exec(text)?.[1]?.trim();

/** What a message is about; undefined where it is no SIP, or says not whose it is. */
export function glimpse(text: string): Glimpse | undefined {
  const head = text.slice(0, headLength(text));
  const start = /^(?:SIP\/2\.0 (\d{3}) |[A-Z]+ \S+ SIP\/2\.0\r?\n)/.exec(head);
  const callId = value(head, 'Call-ID|i');
  const method = /^\d+[ \t]+([A-Z]+)$/.exec(value(head, 'CSeq') ?? '')?.[1];
  if (!start || !callId || !method) return undefined;
  return { callId, method, status: start[1] === undefined ? undefined : Number(start[1]) };
}

/** Characters before a message's body. */
export function headLength(text: string): number {
  const end = /\r?\n\r?\n/.exec(text);
  return end ? end.index + end[0].length : text.length;
}
