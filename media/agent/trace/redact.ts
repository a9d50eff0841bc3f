// SPDX-License-Identifier: Apache-2.0
// What of a message may be kept and shown. Pure. Whoever sent it may have written it in any way that SIP allows, or in none.
import { headLength } from './sip.ts';

/** How much of a user's number stays: enough to know the country, and to tell two calls apart. */
const SHOWN = { first: 3, last: 2 } as const;
/** Fewer digits are no number of anybody's. */
const NUMBER_LENGTH = 5;

/** Headers in which nobody is named, and whose long digits are needed. */
const PLAIN = /^(?:via|v|call-id|i|cseq|route|record-route|max-forwards|content-\w+|l|c|x-wa-route|x-wa-wacid|x-wa-meta-wacid|x-wa-meta-phone-number-id|user-agent|server|date)$/i;
const CREDENTIALS = /^(?:proxy-)?authorization$/i;
const NAMES = /^x-wa-meta-user-?name$/i;

/** Whether digits are one of the gateway's own numbers: these are no secret. */
type IsOwn = (digits: string) => boolean;

/** A message without keys and credentials, and without users' numbers and names, unless they are to be shown. */
export function redact(text: string, isOwn: IsOwn, { shows = false } = {}): string {
  const end = headLength(text);
  // A header may go on in the next line.
  const [start = '', ...lines] = text.slice(0, end).replaceAll(/\r?\n[ \t]+/g, ' ').split(/\r?\n/);
  const plain = lines.map(withoutCredentials);
  const head = shows ? [start, ...plain] : [inUris(start, isOwn), ...plain.map((line) => inHeader(line, isOwn))];
  return head.join('\r\n') + withoutKeys(text.slice(end));
}

const nameOf = (line: string): string => line.slice(0, Math.max(0, line.indexOf(':'))).trim();
const valueOf = (line: string): string => line.slice(line.indexOf(':') + 1).trim();

function withoutCredentials(line: string): string {
  const name = nameOf(line);
  if (!CREDENTIALS.test(name)) return line;
  const value = valueOf(line);
  return `${name}: ${/^\w+/.exec(value)?.[0] ?? ''} username=${/username=("[^"]*")/.exec(value)?.[1] ?? '""'}, (left out)`;
}

const withoutKeys = (body: string): string =>
  body.replaceAll(/(inline:)[^\s|]+/g, '$1(left out)').replaceAll(/^(a=ice-pwd:)[^\r\n]*/gm, '$1(left out)');

function inHeader(line: string, isOwn: IsOwn): string {
  const name = nameOf(line);
  if (name === '' || PLAIN.test(name) || CREDENTIALS.test(name)) return line;
  const value = valueOf(line);
  if (NAMES.test(name)) return `${name}: (left out)`;
  if (!/(?:sips?|tel):/i.test(value)) return `${name}: ${value.replaceAll(/\d{5,}/g, (digits) => masked(digits, isOwn))}`;
  return `${name}: ${inUris(withoutDisplayNames(value), isOwn)}`;
}

/** What stands before the address in a From, To or the like. */
const withoutDisplayNames = (value: string): string => value.replaceAll(/(?:"(?:[^"\\]|\\.)*"|[^<>",;]+)\s*</g, '<');

/** Users in addresses, however their numbers are written; tags and other parameters may have many digits and name nobody. */
const inUris = (text: string, isOwn: IsOwn): string =>
  text
    .replaceAll(/(sips?:)([^@>\s,]+)(?=@)/gi, (_, scheme: string, user: string) => scheme + masked(user, isOwn))
    .replaceAll(/(tel:)([^;>\s,]+)/gi, (_, scheme: string, user: string) => scheme + masked(user, isOwn));

/** +449••••••••23 of +44 9700-900123; as it is where it is one of our own numbers, or no number at all. */
function masked(user: string, isOwn: IsOwn): string {
  const plain = user.replaceAll(/%2B/gi, '+').replaceAll(/[\s().-]|%20/g, '');
  const [, before = '', number = ''] = /^(\+?(?:00)?)(\d{5,})/.exec(plain) ?? /^([A-Z]{2})(\w{5,})$/.exec(plain) ?? [];
  if (number.length < NUMBER_LENGTH || isOwn(number)) return user;
  return `${before}${number.slice(0, SHOWN.first)}${'•'.repeat(Math.max(1, number.length - SHOWN.first - SHOWN.last))}${number.slice(-SHOWN.last)}`;
}
