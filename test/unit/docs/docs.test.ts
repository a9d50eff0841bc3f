// SPDX-License-Identifier: Apache-2.0
// Docs and code say the same: whoever adds a field, reason, condition, SIP answer, metric or value documents it too.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { toConditions } from '../../../operator/api/conditions.ts';
import { REASONS } from '../../../operator/api/reasons.ts';
import { CODES, entryOf, PROOF_REFUSED, type CodeEntry, type GraphErrorKind } from '../../../operator/meta/codes.ts';
import { ANSWERS, anchorOf, explain } from '../../../media/answers.ts';
import { PRESETS } from '../../../operator/routing/presets.ts';
import { GUIDE, guided, type GuidedReason } from '../../../operator/meta/guide.ts';
import { anchorsOf, commandsOf, linksOf, tableRows } from './markdown.ts';
import { judgements } from './judgements.ts';
import { fieldsOf, type Field } from './fields.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const pages = ['README.md', ...globSync('docs/**/*.md', { cwd: root })].toSorted();

const KINDS = { sipgateway: 'sipgateways', whatsappnumber: 'whatsappnumbers', siproute: 'siproutes' } as const;
const kinds = ['sipgateway', 'whatsappnumber', 'siproute'] as const;

const pageOf = (kind: string): string => read(`docs/${kind}.md`);
const fields = (kind: keyof typeof KINDS, part: 'spec' | 'status'): Field[] =>
  fieldsOf(parse(read(`crds/${KINDS[kind]}.yaml`)), part);
/** First cells of a page's table rows, without their anchors and code marks. */
const firstCells = (page: string): string[] => tableRows(page).map(([first = '']) => first);

describe.each(kinds)('the page of %s', (kind) => {
  it('has a row for every field of the spec, with its default', () => {
    const documented = new Map(tableRows(pageOf(kind)).map(([path = '', , ifAbsent = '']) => [path, ifAbsent]));
    const expected = fields(kind, 'spec').map(({ path, ifAbsent }) => [path, ifAbsent]);
    expect(expected.map(([path = '']) => [path, documented.get(path)])).toEqual(expected);
  });

  it('has a row for every field of the status', () => {
    const cells = firstCells(pageOf(kind));
    expect(fields(kind, 'status').map(({ path }) => path).filter((path) => !cells.includes(path))).toEqual([]);
  });

  it('has no row for a field that does not exist', () => {
    const known = [...fields(kind, 'spec'), ...fields(kind, 'status')].map(({ path }) => path);
    const named = firstCells(pageOf(kind)).filter((cell) => /^(?:spec|status)\./.test(cell));
    expect(named.filter((path) => !known.includes(path))).toEqual([]);
  });

  it('has a row for every condition that the operator can set, and for each reason seen there', () => {
    const cells = firstCells(pageOf(kind));
    const conditions = judgements[kind].flatMap((judgement) => toConditions(judgement, [], new Date(0)));
    const words = new Set(conditions.flatMap(({ type, reason }) => [type, reason]));
    expect(words.size).toBeGreaterThan(5);
    expect([...words].filter((word) => !cells.includes(word))).toEqual([]);
  });
});

describe('reasons', () => {
  const documented = kinds.flatMap((kind) =>
    tableRows(pageOf(kind)).filter(([, , , cure]) => cure !== undefined).map(([first = '']) => first),
  );

  it('each have a row with their meaning and cure', () => {
    expect(Object.keys(REASONS).filter((reason) => !documented.includes(reason))).toEqual([]);
  });

  it('each have an anchor where their row is', () => {
    const anchors = kinds.flatMap((kind) => [...anchorsOf(pageOf(kind))]);
    expect(Object.keys(REASONS).filter((reason) => !anchors.includes(reason.toLowerCase()))).toEqual([]);
  });

  it('have no row after they are gone', () => {
    const named = documented.filter((cell) => /^(?:[A-Z][a-z]+)+$/.test(cell) && cell !== 'Reason' && cell !== 'Field');
    expect(named.filter((cell) => !(cell in REASONS))).toEqual([]);
  });
});

describe('what Meta says', () => {
  it('has the same cure on the page of numbers as in conditions', () => {
    const cures = new Map(tableRows(pageOf('whatsappnumber')).map(([reason = '', , , cure = '']) => [reason, cure]));
    const guide = Object.keys(GUIDE).filter((reason): reason is GuidedReason => reason in GUIDE);
    const cureOf = (reason: GuidedReason): string => guided(reason, '').replace('Meta says: . ', '');
    expect(guide.length).toBeGreaterThan(15);
    expect(guide.filter((reason) => !cures.get(reason)?.startsWith(cureOf(reason)))).toEqual([]);
  });

  it('has a row for every error code, with its reason, when it is tried again, and its cure', () => {
    const again: Record<GraphErrorKind, string> = {
      token: 'after a change',
      invalid: 'after a change',
      permission: 'hourly',
      unknown: 'hourly',
      standing: 'hourly',
      throttled: 'when Meta says',
      unavailable: 'soon',
    };
    const toRow = (code: string, { kind, reason, cure }: CodeEntry): string[] => [code, reason, again[kind], cure];
    const permission = entryOf(200);
    const others = { '100 about appsecret_proof': PROOF_REFUSED, ...(permission ? { '200–299': permission } : {}) };
    const expected = Object.entries({ ...CODES, ...others }).map(([code, entry]) => toRow(code, entry));
    const rows = tableRows(read('docs/meta-error-codes.md')).filter(([code = '']) => /^\d/.test(code));
    expect(rows.map((row) => row.join(' | ')).toSorted()).toEqual(expected.map((row) => row.join(' | ')).toSorted());
  });
});

describe('SIP answers', () => {
  it('have a row each, in the words of the catalogue, where its anchor leads to', () => {
    const page = read('docs/operations.md');
    const rows = new Set(tableRows(page).map((row) => row.join(' | ')));
    const expected = ANSWERS.map(({ leg, code, phrase, sentence, cure }) =>
      [`${code} ${phrase}`.trim(), sentence.replaceAll('`', ''), ...(leg === 'Call' ? [] : [cure.replaceAll('`', '')])].join(' | '),
    );
    expect(expected.filter((row) => !rows.has(row))).toEqual([]);
    const anchors = ANSWERS.map(anchorOf);
    expect(anchors.filter((anchor) => !anchorsOf(page).has(anchor))).toEqual([]);
    expect(new Set(anchors).size).toBe(ANSWERS.length);
  });
});

describe('destinations', () => {
  it('have a row for every preset, with what it gives', () => {
    const rows = new Map(tableRows(read('docs/destinations/README.md')).map(([preset = '', ...cells]) => [preset, cells]));
    const expected = Object.entries(PRESETS).map(([preset, { transport, fromHost, probe, media }]) => {
      const page = preset === 'SIPProxy' ? 'sip-proxy' : preset.toLowerCase();
      return [`[${preset}](${page}.md)`, [transport ?? 'by the URI', fromHost, probe, media.encryption, media.codecs.join(', '), media.transcoding]];
    });
    expect(expected.map(([preset]) => [preset, rows.get(String(preset))])).toEqual(expected);
  });
});

describe('operations', () => {
  const page = read('docs/operations.md');
  const configuration = globSync('media/kamailio/etc/*.cfg', { cwd: root }).map(read).join('\n');

  it('explains every SIP answer that the proxy gives by itself', () => {
    const replies = configuration.matchAll(/(?:sl_send_reply|t_reply)\("(\d+)", "([^"]+)"\)/g);
    const answers = [...replies].map(([, code, phrase]) => `${code} ${phrase}`);
    expect(answers.length).toBeGreaterThan(10);
    const ignored = ['100 Trying', '200 OK'];
    const isExplained = (answer: string): boolean => {
      const code = Number(answer.slice(0, 3));
      return (['Meta', 'Inside', 'Call'] as const).some((leg) => explain(leg, code, answer.slice(4))?.phrase);
    };
    expect(answers.filter((answer) => !ignored.includes(answer) && !isExplained(answer))).toEqual([]);
  });

  it('names the reason of every counter of refused and failed calls', () => {
    const variables = configuration.matchAll(/"variable", "(?:refused|failed|declined)_(\w+)"/g);
    const counters = [...variables].map(([, reason]) => `\`${reason}\``);
    expect(counters.length).toBeGreaterThan(5);
    expect(counters.filter((reason) => !page.includes(reason))).toEqual([]);
  });

  it('names every metric', () => {
    const sources = ['operator/kube/metrics.ts', 'operator/meta/metrics.ts', 'media/agent/metrics.ts'].map(read).join('\n');
    const plain = [...sources.matchAll(/name: '(\w+)'/g)].map(([, name = '']) => name);
    const calls = [...sources.matchAll(/^ {2}(\w+): 'Calls that/gm)].map(([, name]) => `trunkline_calls_${name}_total`);
    expect(calls.length).toBeGreaterThan(3);
    expect(plain.length + calls.length).toBeGreaterThan(15);
    expect([...plain, ...calls].filter((name) => !page.includes(name))).toEqual([]);
  });

  it('names every value of the chart', () => {
    const group = z.record(z.string(), z.unknown());
    const grouped = ['images', 'crds', 'gateway'];
    const paths = Object.entries(group.parse(parse(read('charts/trunkline/values.yaml')))).flatMap(([key, value]) =>
      grouped.includes(key) ? Object.keys(group.parse(value)).map((name) => `${key}.${name}`) : [key],
    );
    expect(paths.filter((path) => !page.includes(`\`${path}\``))).toEqual([]);
  });
});

describe.each(pages)('%s', (page) => {
  it('links only to files and headings that exist', () => {
    const broken = linksOf(read(page)).filter((link) => {
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? join(root, page) : resolve(root, dirname(page), file);
      if (relative(root, target).startsWith('..') || !existsSync(target)) return true;
      return anchor !== undefined && !anchorsOf(readFileSync(target, 'utf8')).has(anchor);
    });
    expect(broken).toEqual([]);
  });

  it('names only npm commands that exist', () => {
    const { scripts } = z.object({ scripts: z.record(z.string(), z.string()) }).parse(JSON.parse(read('package.json')));
    expect(commandsOf(read(page)).filter((command) => !(command in scripts))).toEqual([]);
  });

  it('names only files of the repository that exist', () => {
    const named = read(page).matchAll(/`((?:operator|media|crds|charts|examples|test)\/[\w./-]*)`/g);
    const paths = [...named].map(([, path = '']) => path);
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
});

it('every command of package.json is in README or docs', () => {
  const named = pages.flatMap((page) => commandsOf(read(page)));
  const { scripts } = z.object({ scripts: z.record(z.string(), z.string()) }).parse(JSON.parse(read('package.json')));
  expect(Object.keys(scripts).filter((name) => !named.includes(name))).toEqual([]);
});
