// SPDX-License-Identifier: Apache-2.0
// Writes etc/lua/prefixes.lua, the countries that telephone numbers belong to, from libphonenumber: `npm run prefixes`.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { getCountries, getCountryCallingCode, parsePhoneNumberFromString as parse, type CountryCode } from 'libphonenumber-js/max';

/** Digits behind a shared calling code that may decide: Vatican City is +39 06698. */
const DEPTH = 5;
/** Digits that are put behind a prefix to make numbers of all the lengths that a country may have. */
const FILLERS = ['2345678901', '0000000001', '5'];

const DIGITS = Array.from({ length: 10 }, (_, digit) => String(digit));

/** Countries of the numbers that begin with these digits, tried with some of them. */
function countriesOf(prefix: string): Set<CountryCode> {
  const found = new Set<CountryCode>();
  for (const filler of FILLERS) {
    for (let length = 7; length <= 14; length += 1) {
      if (length <= prefix.length) continue;
      const digits = `+${prefix}${filler.repeat(10).slice(0, length - prefix.length)}`;
      const number = parse(digits);
      // What it repairs, such as a trunk prefix after the calling code, is no number as SIP has them.
      if (number?.isPossible() && number.number === digits && number.country) found.add(number.country);
    }
  }
  return found;
}

/** The prefixes of a shared calling code: as short as they can be, none where the ones above say it already. */
function split(prefix: string, home: CountryCode, depth: number): Map<string, CountryCode> {
  if (depth === 0) {
    const [country = home, ...others] = countriesOf(prefix);
    return new Map(country === home || others.length > 0 ? [] : [[prefix, country]]);
  }
  const parts = DIGITS.map((digit) => split(`${prefix}${digit}`, home, depth - 1));
  const only = new Set(parts.flatMap((part) => [...part.values()]));
  const isWhole = only.size === 1 && parts.every((part, i) => part.has(`${prefix}${i}`) || countriesOf(`${prefix}${i}`).size === 0);
  return isWhole ? new Map([[prefix, [...only][0] ?? home]]) : new Map(parts.flatMap((part) => [...part]));
}

process.stdout.write('asking libphonenumber which numbers are whose: about two minutes\n');
const byCode = Map.groupBy(getCountries(), (country) => getCountryCallingCode(country));
const entries = [...byCode].flatMap(([code, countries]): [string, CountryCode][] => {
  const home = countries.length > 1 ? mainOf(code, countries) : countries[0];
  if (!home) return [];
  return [[code, home], ...(countries.length > 1 ? split(code, home, code === '1' ? 3 : DEPTH) : [])];
});

/** The country that a shared calling code belongs to first of all. */
function mainOf(code: string, countries: readonly CountryCode[]): CountryCode | undefined {
  const main: Record<string, CountryCode> = { 1: 'US', 7: 'RU', 39: 'IT', 44: 'GB', 47: 'NO', 61: 'AU', 212: 'MA', 262: 'RE', 290: 'SH', 358: 'FI', 590: 'GP', 599: 'CW' };
  const found = main[code];
  if (!found) throw new Error(`+${code} is shared by ${countries.join(', ')}: which is the main one?`);
  return found;
}

const rows = entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([prefix, country]) => `["${prefix}"]="${country}"`);
const lines: string[] = [];
for (const row of rows) {
  const last = lines.at(-1);
  if (last !== undefined && last.length + row.length < 118) lines.splice(-1, 1, `${last} ${row},`);
  else lines.push(`${row},`);
}
writeFileSync(
  join(import.meta.dirname, 'etc/lua/prefixes.lua'),
  `-- SPDX-License-Identifier: Apache-2.0\n-- Countries by the first digits of their telephone numbers; the longest that fits counts. Generated: npm run prefixes\nreturn {\n${lines.join('\n')}\n}\n`,
);
process.stdout.write(`${rows.length} prefixes\n`);
