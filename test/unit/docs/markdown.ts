// SPDX-License-Identifier: Apache-2.0
// The little of Markdown that the docs' test reads.

const withoutCode = (text: string): string => text.replaceAll(/^```[\s\S]*?^```$/gm, '');

/** Rows of all tables as cells, without anchors and code marks. Escaped bars belong to a cell. */
export const tableRows = (text: string): string[][] =>
  withoutCode(text)
    .split('\n')
    .filter((line) => line.startsWith('| ') && line.endsWith('|'))
    .map((line) => line.slice(1, -1).split(/(?<!\\)\|/).map(plain));

const plain = (cell: string): string => cell.replaceAll(/<a id="[^"]*"><\/a>|`/g, '').trim();

/** Where a link may lead to on a page: its anchors and, spelt as web pages of repositories spell them, its headings. */
export function anchorsOf(text: string): Set<string> {
  const own = [...text.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id);
  const headings = [...withoutCode(text).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) => slug(title));
  return new Set([...own, ...headings]);
}

const slug = (title: string): string =>
  title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

/** Targets of all links within the repository. */
export const linksOf = (text: string): string[] =>
  [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target));

/** Names of the npm commands that a page tells to run. */
export const commandsOf = (text: string): string[] =>
  [...text.matchAll(/npm (?:run ([\w:-]+)|(start|test)\b)/g)].map(([, script, word]) => script ?? word ?? '');
