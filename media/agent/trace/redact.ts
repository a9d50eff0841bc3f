// SPDX-License-Identifier: Apache-2.0
// What of a message may be kept and shown. Pure.
import { headLength } from './sip.ts';

/** How much of a user's number stays: enough to know the country, and to tell two calls apart. */
const SHOWN = { first: 3, last: 2 } as const;

/** Headers in which nobody's number stands, and whose long digits are needed. */
const PLAIN = /^(?:via|v|call-id|i|cseq|route|record-route|max-forwards|content-\w+|l|c|x-wa-route|x-wa-wacid|x-wa-meta-wacid|x-wa-meta-phone-number-id|user-agent|server|date)$/i;

export interface Redaction {
  /** Digits of the gateway's own numbers: they are no secret. */
  isOwn: (digits: string) => boolean;
  /** Whether users' numbers and names stay. */
  showsUsers: boolean;
}

/** A message without keys and credentials, and without users' numbers and names unless they are to be shown. */
export function redact(text: string, { isOwn, showsUsers }: Redaction): string {
  const end = headLength(text);
  const lines = text.slice(0, end).split('\r\n').map(withoutCredentials);
  const mask = (digits: string): string => (isOwn(digits) ? digits : masked(digits));
  const head = showsUsers ? lines : lines.map((line, place) => withoutUsers(line, place === 0, mask));
  return head.join('\r\n') + withoutKeys(text.slice(end));
}

const withoutCredentials = (line: string): string =>
  line.replace(/^((?:proxy-)?authorization:\s*\w+).*$/i, (_, name: string) => `${name} username=${/username=("[^"]*")/.exec(line)?.[1] ?? '""'}, (left out)`);

const withoutKeys = (body: string): string =>
  body.replaceAll(/(inline:)[^\s|]+/g, '$1(left out)').replaceAll(/^(a=ice-pwd:)[^\r\n]*/gm, '$1(left out)');

function withoutUsers(line: string, isStart: boolean, mask: (digits: string) => string): string {
  const [, name = '', value = ''] = /^([^:\s]+)\s*:(.*)$/.exec(line) ?? [];
  if (!isStart && PLAIN.test(name)) return line;
  // The rest of a header that was begun on the line before.
  if (!isStart && name === '') return line.replaceAll(/\d{5,}/g, mask);
  if (/^x-wa-meta-user-?name$/i.test(name)) return `${name}: (left out)`;
  // Only what names somebody: a tag may have many digits too.
  const inUris = (text: string): string => text.replaceAll(/((?:sips?|tel):\+?(?:[A-Z]{2}\.)?)((?<=[A-Z]{2}\.)\w{5,}|\d{5,})/gi, (_, before: string, digits: string) => before + mask(digits));
  if (isStart) return inUris(line);
  const isUri = /(?:sips?|tel):/i.test(value);
  const shown = isUri
    ? inUris(value).replaceAll(/"[^"]*"/g, (quoted) => quoted.replaceAll(/\d{5,}/g, mask))
    : value.replaceAll(/\d{5,}/g, mask);
  return `${name}:${shown}`;
}

/** +4477•••••23 of +447700900123. */
const masked = (digits: string): string => digits.slice(0, SHOWN.first) + '•'.repeat(Math.max(1, digits.length - SHOWN.first - SHOWN.last)) + digits.slice(-SHOWN.last);
