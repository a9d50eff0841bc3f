// SPDX-License-Identifier: Apache-2.0
// What the engine says of a call in the labels that the media relay keeps with its sides (media/kamailio/etc/lua/state.lua).

export interface CallLabel {
  /** Of the number that was called, or called with. */
  digits: string;
  direction: 'Inbound' | 'Outbound';
  /** NAMESPACE/NAME of the SipRoute. */
  route: string | undefined;
  /** Where the call was sent; undefined for one that goes to a user. */
  destination: string | undefined;
  /** Whether it was answered: until then it may yet go to another destination. */
  isAnswered: boolean;
}

/** What the labels of a call's sides say together; undefined where none is the engine's. */
export function readLabels(labels: readonly string[]): CallLabel | undefined {
  const read = labels.flatMap((label) => readLabel(label) ?? []);
  return read.find(({ isAnswered }) => isAnswered) ?? read[0];
}

function readLabel(label: string): CallLabel | undefined {
  const [digits = '', ...parts] = label.split(';');
  if (!/^\d+$/.test(digits)) return undefined;
  const values = new Map(parts.map((part): [string, string] => [part.slice(0, part.indexOf('=')), unescape(part.slice(part.indexOf('=') + 1))]));
  const direction = values.get('kind') === 'out' ? 'Outbound' : 'Inbound';
  return { digits, direction, route: values.get('route'), destination: values.get('to'), isAnswered: values.has('sdp') };
}

/** Bytes as %XX. */
const unescape = (text: string): string =>
  Buffer.from(text.replaceAll(/%([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))), 'latin1').toString('utf8');
