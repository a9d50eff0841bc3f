// SPDX-License-Identifier: Apache-2.0
// Meta's webhook bodies, read for one question: whose state at Meta may have changed and should be looked at now. Pure.
import * as z from 'zod';

/** A number or an account to look at, named by one of the first three members. */
export interface Affected {
  phoneNumberID?: string;
  /** Digits only, country code first. */
  phoneNumber?: string;
  businessAccountID?: string;
  /** The webhook field that said so, in lower case. */
  field: string;
}

/** What is known here of a WhatsAppNumber. */
export interface KnownNumber {
  /** Namespace and name, as the caller's queue writes them. */
  key: string;
  /** In any notation: its digits count. */
  phoneNumber: string;
  phoneNumberID: string;
  /** Empty while it is not known: no account's event concerns the number then. */
  businessAccountID: string;
}

type Who = Omit<Affected, 'field'>;

/** Whom a change's value names; `account` is the entry's own, or empty. A value that is not as documented names nobody. */
type Rule = (value: unknown, account: Who[]) => Who[];

const rule =
  <T>(schema: z.ZodType<T>, name: (value: T, account: Who[]) => Who[]): Rule =>
  (value, account) => {
    const read = schema.safeParse(value);
    return read.success ? name(read.data, account) : [];
  };

/** Text, or a number where Meta's tables and samples disagree on which; one too great to be exact is refused. */
const text = z.union([z.string().trim(), z.int().positive().transform(String)]);

/** Meta's ids are digits; "0" stands for no account in particular. */
const id = text.pipe(z.string().regex(/^[1-9][0-9]*$/));

/** A word, which samples and tables write in different case. */
const word = z.string().transform((name) => name.toLowerCase());

const digits = (notation: string): string => notation.replaceAll(/\D/g, '');

/** A number as Meta shows it, with or without plus sign, spaces, dashes and brackets; E.164 has at most 15 digits. */
const displayNumber = text
  .pipe(z.string().regex(/^\P{L}*$/u))
  .transform(digits)
  .pipe(z.string().regex(/^[0-9]{1,15}$/));

const byAccount: Rule = (_, account) => account;

const byDisplayNumber = rule(z.object({ display_phone_number: displayNumber }), ({ display_phone_number: phoneNumber }) => [
  { phoneNumber },
]);

const bySettings = rule(
  z.object({
    type: word.pipe(z.literal('phone_number_settings')).optional(),
    phone_number_settings: z.object({ phone_number_id: id }),
  }),
  ({ phone_number_settings: { phone_number_id: phoneNumberID } }) => [{ phoneNumberID }],
);

/** Restrictions name a number under an entry of account "0"; partners' events name an account under an entry of another. */
const byAccountUpdate = rule(
  z.object({
    phone_number: displayNumber.optional().catch(undefined),
    waba_info: z.object({ waba_id: id }).optional().catch(undefined),
  }),
  ({ phone_number: phoneNumber, waba_info: info }, account) => {
    const named = [...(phoneNumber ? [{ phoneNumber }] : []), ...(info ? [{ businessAccountID: info.waba_id }] : [])];
    return named.length ? named : account;
  },
);

const byEntity = rule(
  z.object({ entity_type: word, entity_id: id.optional().catch(undefined) }),
  ({ entity_type: type, entity_id: phoneNumberID }, account) => {
    if (type === 'business') return account;
    return type === 'phone_number' && phoneNumberID ? [{ phoneNumberID }] : [];
  },
);

/** The fields after which a number may stand differently with Meta. Source: Meta's webhook reference. */
const RULES: ReadonlyMap<string, Rule> = new Map([
  ['account_settings_update', bySettings],
  ['phone_number_quality_update', byDisplayNumber],
  ['phone_number_name_update', byDisplayNumber],
  ['security', byDisplayNumber],
  ['account_update', byAccountUpdate],
  ['account_alerts', byEntity],
  ['account_review_update', byAccount],
  ['business_capability_update', byAccount],
]);

const envelope = z.object({
  object: word.pipe(z.literal('whatsapp_business_account')),
  // Read one by one: a bad entry must not cost the others.
  entry: z.array(z.unknown()),
});
const entry = z.object({ id: id.optional().catch(undefined), changes: z.array(z.unknown()) });
const change = z.object({ field: word, value: z.unknown() });

/**
 * Whom an immediate check should follow for, each once, in the order of the body.
 * Takes whatever a webhook brought: what is malformed or of no concern affects nothing.
 */
export function affected(event: unknown): Affected[] {
  const body = envelope.safeParse(event);
  if (!body.success) return [];
  const found = body.data.entry.flatMap(affectedByEntry);
  return [...new Map(found.map((one) => [JSON.stringify(one), one])).values()];
}

function affectedByEntry(raw: unknown): Affected[] {
  const read = entry.safeParse(raw);
  if (!read.success) return [];
  const account = read.data.id === undefined ? [] : [{ businessAccountID: read.data.id }];
  return read.data.changes.flatMap((item) => {
    const one = change.safeParse(item);
    if (!one.success) return [];
    const { field, value } = one.data;
    return (RULES.get(field)?.(value, account) ?? []).map((who) => ({ ...who, field }));
  });
}

/** The keys of the numbers that are affected, each once, in the order of `numbers`. */
export function toKeys(events: readonly Affected[], numbers: readonly KnownNumber[]): string[] {
  const ids = new Set(events.map(({ phoneNumberID }) => phoneNumberID));
  const phones = new Set(events.map(({ phoneNumber }) => phoneNumber));
  const accounts = new Set(events.map(({ businessAccountID }) => businessAccountID));
  const concerned = numbers.filter(
    (number) =>
      ids.has(number.phoneNumberID) || phones.has(digits(number.phoneNumber)) || accounts.has(number.businessAccountID),
  );
  return [...new Set(concerned.map(({ key }) => key))];
}
