// SPDX-License-Identifier: Apache-2.0
// The coding of rtpengine's control protocol (BEP 3). Strings are bytes, one character each, so that whatever stands in a
// Call-ID comes back as it went.

export type Bencode = string | number | readonly Bencode[] | { readonly [key: string]: Bencode };

/** Bytes that are not bencode, or not all of it. */
export class BencodeError extends Error {
  override readonly name = 'BencodeError';
}

/** A value as bencode, in latin1. Keys keep their order. */
export function encode(value: Bencode): string {
  if (typeof value === 'string') return `${value.length}:${value}`;
  if (typeof value === 'number') return `i${value}e`;
  if (Array.isArray(value)) return `l${value.map(encode).join('')}e`;
  return `d${Object.entries(value).map(([key, item]) => encode(key) + encode(item)).join('')}e`;
}

/**
 * Reads one value and nothing behind it.
 * @throws BencodeError
 */
export function decode(latin1: string): Bencode {
  const [value, end] = read(latin1, 0);
  if (end !== latin1.length) throw new BencodeError(`something follows the value at byte ${end}`);
  return value;
}

/** The value that begins at a place, and where it ends. */
function read(text: string, at: number): [Bencode, number] {
  if (text[at] === 'l') return readItems(text, at + 1);
  if (text[at] === 'd') {
    const [items, end] = readItems(text, at + 1);
    return [toDictionary(items, at), end];
  }
  if (text[at] === 'i') {
    const [digits, end] = match(text, at, /i(-?\d+)e/y);
    return [Number(digits), end];
  }
  const [length, start] = match(text, at, /(\d+):/y);
  const end = start + Number(length);
  if (end > text.length) throw new BencodeError(`the string at byte ${at} is cut off`);
  return [text.slice(start, end), end];
}

function readItems(text: string, from: number): [Bencode[], number] {
  const items: Bencode[] = [];
  let at = from;
  while (text[at] !== 'e') {
    const [item, end] = read(text, at);
    items.push(item);
    at = end;
  }
  return [items, at + 1];
}

function toDictionary(items: readonly Bencode[], at: number): Record<string, Bencode> {
  const entries: [string, Bencode][] = [];
  for (let i = 0; i < items.length; i += 2) {
    const [key, value] = [items[i], items[i + 1]];
    if (typeof key !== 'string' || value === undefined) throw new BencodeError(`the dictionary at byte ${at} is no pairs`);
    entries.push([key, value]);
  }
  return Object.fromEntries(entries);
}

/** The number that a pattern finds at a place, and where the pattern ends. */
function match(text: string, at: number, pattern: RegExp): [string, number] {
  pattern.lastIndex = at;
  const digits = pattern.exec(text)?.[1];
  if (digits === undefined) throw new BencodeError(`no value begins at byte ${at}`);
  return [digits, pattern.lastIndex];
}
