// SPDX-License-Identifier: Apache-2.0
// Meta's merge rules for calling settings, in as few lines as they take, and the ways in which Meta spells what it has.
// Source: Meta, Configure Call Settings and SIP Configuration Guide.
import * as z from 'zod';
import { APP } from './declared.ts';

type Json = Record<string, unknown>;

const group = z.record(z.string(), z.unknown()).catch({});
const list = z.array(group).catch([]);

/** How an answer is spelled, where documents disagree. */
export interface Spelling {
  lowerCase: boolean;
  time: 'HHMM' | 'HH:MM' | 'integer';
  holidayKeys: 'start' | 'open';
  date: 'year first' | 'day first';
  port: 'number' | 'text' | 'left out if 5061';
  textIDs: boolean;
  reversed: boolean;
}

export interface Quirks {
  /** An update of `sip` alone puts the key exchange back to DTLS. */
  sipForgetsKeyExchange: boolean;
}

export class MetaModel {
  #calling: Json;
  readonly #today: string;
  readonly #quirks: Quirks;

  constructor(calling: Json, today: string, quirks: Quirks) {
    this.#calling = structuredClone(calling);
    this.#today = today;
    this.#quirks = quirks;
  }

  get calling(): Json {
    return structuredClone(this.#calling);
  }

  /** Takes a write whole or refuses it whole. */
  post(write: Json): void {
    const next = structuredClone(this.#calling);
    if ('sip' in write && !('srtp_key_exchange_protocol' in write) && this.#quirks.sipForgetsKeyExchange) {
      delete next['srtp_key_exchange_protocol'];
    }
    for (const [member, value] of Object.entries(write)) next[member] = this.#merged(member, next[member], value);
    const sip = group.parse(next['sip']);
    if (sip['status'] === 'ENABLED' && list.parse(sip['servers']).length === 0) throw new Error('SIP needs a server');
    // Whoever has calling on without SIP takes calls by the Graph API.
    const isNew = this.#calling['status'] !== 'ENABLED' && next['status'] === 'ENABLED';
    if (isNew && sip['status'] !== 'ENABLED') throw new Error('calling needs SIP (138018)');
    this.#calling = next;
  }

  #merged(member: string, before: unknown, sent: unknown): unknown {
    if (typeof sent !== 'object' || sent === null) return sent;
    if (member === 'call_hours') return this.#hours(group.parse(sent));
    if (member === 'sip') return this.#sip(group.parse(before), group.parse(sent));
    return deep(before, sent);
  }

  /** Replaced as a whole; what is left out is gone. */
  #hours(sent: Json): Json {
    const holidays = list.parse(sent['holiday_schedule']);
    if (holidays.some(({ date }) => String(date) < this.#today)) throw new Error('a holiday is in the past');
    if (list.parse(sent['weekly_operating_hours']).length === 0) throw new Error('weekly_operating_hours cannot be empty');
    return { ...sent, holiday_schedule: holidays };
  }

  /** Servers that are sent take the place of the token's app's own; those of other apps stay. */
  #sip(before: Json, { servers, ...sent }: Json): Json {
    const old = list.parse(before['servers']);
    if (servers === undefined) return { ...before, ...sent, servers: old };
    const others = old.filter(({ app_id: app }) => app !== APP);
    const own = list.parse(servers).map((server) => ({ port: 5061, ...server, app_id: APP }));
    return { ...before, ...sent, servers: [...others, ...own] };
  }

  /** What GET /settings shows. */
  get(spelling: Spelling): unknown {
    return spell(this.#calling, '', spelling);
  }
}

function deep(before: unknown, sent: unknown): unknown {
  if (typeof sent !== 'object' || sent === null || Array.isArray(sent)) return sent;
  const known = group.parse(before);
  return { ...known, ...Object.fromEntries(Object.entries(sent).map(([key, value]) => [key, deep(known[key], value)])) };
}

/** Members whose values are enums. */
const WORDS = new Set(
  'status call_icon_visibility callback_permission_status webhook_delivery srtp_key_exchange_protocol day_of_week triggers'
    .concat(' additional_codecs restrict_to_user_countries')
    .split(' '),
);
const TIMES = new Set(['open_time', 'close_time', 'start_time', 'end_time']);

function spell(value: unknown, member: string, spelling: Spelling): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => spell(item, member, spelling));
    return spelling.reversed ? items.toReversed() : items;
  }
  if (typeof value !== 'object' || value === null) return spellValue(value, member, spelling);
  const entries = Object.entries(value)
    .filter(([key, port]) => !(key === 'port' && port === 5061 && spelling.port === 'left out if 5061'))
    .map(([key, item]) => [spellKey(key, spelling), spell(item, key, spelling)] as const);
  return Object.fromEntries(spelling.reversed ? entries.toReversed() : entries);
}

const spellKey = (key: string, { holidayKeys }: Spelling): string =>
  holidayKeys === 'open' ? ({ start_time: 'open_time', end_time: 'close_time' }[key] ?? key) : key;

function spellTime(text: string, time: Spelling['time']): unknown {
  if (time === 'HHMM') return text;
  return time === 'integer' ? Number(text) : `${text.slice(0, 2)}:${text.slice(2)}`;
}

function spellValue(value: unknown, member: string, { lowerCase, time, date, port, textIDs }: Spelling): unknown {
  const text = String(value);
  if (WORDS.has(member)) return lowerCase ? text.toLowerCase() : text;
  if (TIMES.has(member)) return spellTime(text, time);
  if (member === 'date') return date === 'year first' ? text : text.split('-').toReversed().join('-');
  if (member === 'port') return port === 'text' ? text : value;
  if (member === 'app_id' || member === 'announcement_media_id') return textIDs ? text : value;
  return value;
}
