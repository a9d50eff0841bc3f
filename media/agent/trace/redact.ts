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

/** A message without keys and credentials, and without users' numbers and names. */
export function redact(text: string, isOwn: IsOwn): string {
  const end = headLength(text);
  // A header may go on in the next line.
  const [start = '', ...lines] = text.slice(0, end).replaceAll(/\r?\n[ \t]+/g, ' ').split(/\r?\n/);
  const head = [inUris(start, isOwn), ...lines.map((line) => inHeader(line, isOwn))];
  return head.join('\r\n') + withoutKeys(text.slice(end));
}

const withoutKeys = (body: string): string =>
  body.replaceAll(/(inline:)[^\s|]+/g, '$1(left out)').replaceAll(/^(a=ice-pwd:)[^\r\n]*/gm, '$1(left out)');

function inHeader(line: string, isOwn: IsOwn): string {
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(0, colon)).trim();
  if (name === '' || PLAIN.test(name)) return line;
  const value = line.slice(colon + 1).trim();
  if (CREDENTIALS.test(name)) return `${name}: ${/^\w+/.exec(value)?.[0] ?? ''} username=${/username=("[^"]*")/.exec(value)?.[1] ?? '""'}, (left out)`;
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
