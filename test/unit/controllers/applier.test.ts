// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from 'vitest';
import { Applier } from '../../../operator/controllers/shared/applier.ts';
import { SECRET } from '../../../operator/controllers/shared/kinds.ts';
import type { Manifest } from '../../../operator/kube/client.ts';
import { FakeClock } from '../kube/fake-clock.ts';

const metadata = { namespace: 'voice', name: 'default-snapshot' };
const saying = (text: string): Manifest => ({ metadata, stringData: { text } });

/** An API server that gives each write of something new another version. */
class Server {
  writes = 0;
  version = 10;
  before = (): void => {};
  #text = '';

  async apply(_: unknown, object: Manifest) {
    this.writes += 1;
    if (this.#text !== JSON.stringify(object)) this.version += 1;
    this.#text = JSON.stringify(object);
    const answer = { apiVersion: 'v1', kind: 'Secret', metadata: { ...metadata, resourceVersion: String(this.version) } };
    this.before();
    return answer;
  }
}

describe('an apply', () => {
  let server: Server;
  let clock: FakeClock;
  let applier: Applier;
  const apply = (text: string) => applier.apply(SECRET, saying(text));
  const seen = (version: number) => applier.seen(SECRET, { ...metadata, resourceVersion: String(version) });
  beforeEach(() => {
    server = new Server();
    clock = new FakeClock();
    applier = new Applier(server, clock);
  });

  it('is left out for what was just applied, and tells its version all the same', async () => {
    expect([await apply('a'), await apply('a'), await apply('b')]).toEqual(['11', '11', '12']);
    expect(server.writes).toBe(2);
    await clock.advance(60_000);
    await apply('b');
    expect(server.writes).toBe(3);
  });

  it('goes through again after somebody else was there, and not after our own write was seen', async () => {
    await apply('a');
    seen(11);
    await apply('a');
    expect(server.writes).toBe(1);
    seen(12);
    await apply('a');
    expect(server.writes).toBe(2);
  });

  it('goes through again where somebody else was there before its answer came', async () => {
    server.before = () => seen(99);
    await apply('a');
    server.before = () => {};
    await apply('a');
    expect(server.writes).toBe(2);
  });

  it('whose answer was lost leaves nothing known of what was applied before', async () => {
    await apply('a');
    server.before = () => {
      throw new Error('connection reset');
    };
    await expect(apply('b')).rejects.toThrow('connection reset');
    server.before = () => {};
    expect(await apply('a')).toBe('13');
  });
});
