// SPDX-License-Identifier: Apache-2.0
// Objects in files of YAML or JSON, as kubectl takes them: several documents, and lists.
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { parseAllDocuments } from 'yaml';
import * as z from 'zod';

/** Something is wrong with what the user gave; the message says what, where and what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const manifest = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
});

export type Manifest = z.infer<typeof manifest>;

const list = z.object({ kind: z.literal('List'), items: z.array(z.unknown()) });

/**
 * Reads a file; `-` is standard input.
 * @throws UsageError
 */
export async function readManifests(file: string): Promise<Manifest[]> {
  const content = await (file === '-' ? text(process.stdin) : readFile(file, 'utf8')).catch((cause: unknown) => {
    throw new UsageError(`${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`);
  });
  return parseManifests(file, content);
}

/** @throws UsageError */
export function parseManifests(file: string, content: string): Manifest[] {
  // YAML 1.1, as kubectl reads it.
  return parseAllDocuments(content, { version: '1.1' }).flatMap((document, i) => {
    const [error] = document.errors;
    if (error) throw new UsageError(`${file}, document ${i + 1}, is no YAML: ${error.message}`);
    return flatten(document.toJS()).map((object) => {
      const parsed = manifest.safeParse(object);
      if (!parsed.success) throw new UsageError(`${file}, document ${i + 1}, is no Kubernetes object: it needs apiVersion, kind and metadata.name`);
      return parsed.data;
    });
  });
}

function flatten(object: unknown): unknown[] {
  if (object === null || object === undefined) return [];
  const items = list.safeParse(object);
  return items.success ? items.data.items.flatMap(flatten) : [object];
}
