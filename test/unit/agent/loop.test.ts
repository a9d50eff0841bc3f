// SPDX-License-Identifier: Apache-2.0
import pino from 'pino';
import { describe, expect, it } from 'vitest';
import { NotYetError, type Certificate, type Engine, type Observed } from '../../../media/agent/contract.ts';
import { Loop } from '../../../media/agent/loop.ts';
import { toSnapshot, type Snapshot } from '../../../operator/routing/snapshot.ts';
import { relay } from '../builders.ts';
import { until } from '../kube/eventually.ts';

const log = pino({ level: 'silent' });
const media = [relay()];
const snapshotFor = (hostname: string): Snapshot => toSnapshot({ hostname, sourceNetworks: [], media, numbers: [] });
const certificate: Certificate = { serial: 'AB', chain: 'chain', key: 'key' };

/** An engine in memory: what is written becomes served by a reload, as with a real one. */
class MemoryEngine implements Engine {
  up = true;
  refusesTables = false;
  prepared = 0;
  refusals: Record<string, number> = {};
  outcomes = async (): Promise<never[]> => [];
  setups = async (): Promise<never[]> => [];
  probes = new Map<string, boolean | undefined>();
  /** The relays that it knows, where not those of the tables. */
  knows: string[] | undefined;
  takesNone = false;
  /** Called at each reload of the tables. */
  reloaded = (): void => {};
  #files: { snapshot?: Snapshot; certificate?: Certificate } = {};
  #served: { snapshot?: Snapshot; certificate?: Certificate } = {};

  /** A restart loads the files. */
  restart(): void {
    this.#served = { ...this.#files };
  }

  async observe(): Promise<Observed> {
    this.#answer();
    const { snapshot, certificate: shown } = this.#served;
    return {
      version: snapshot?.version ?? 'none',
      relays: this.knows ?? snapshot?.media.map(({ control }) => control) ?? [],
      takers: new Map(this.takesNone ? [] : snapshot?.media.map(({ id, capacity }) => [id, { capacity }])),
      certificateSerial: shown?.serial,
      refusals: this.refusals,
      probes: this.probes,
    };
  }

  bye = (): Promise<void> => Promise.resolve();
  tellLive = (): Promise<void> => Promise.resolve();
  beginTurn = (): Promise<void> => Promise.resolve();
  tellLoads = (): Promise<void> => Promise.resolve();
  tellTakers = (): Promise<void> => Promise.resolve();

  prepareStart(): void {
    this.prepared += 1;
  }

  writeTables(snapshot: Snapshot): void {
    this.#files = { ...this.#files, snapshot };
  }

  writeCertificate(next: Certificate): void {
    this.#files = { ...this.#files, certificate: next };
  }

  async reloadTables(): Promise<void> {
    this.#answer();
    this.reloaded();
    if (this.refusesTables) throw new Error('no private memory left');
    if (this.#files.snapshot) this.#served.snapshot = this.#files.snapshot;
  }

  reloadRelays = async (): Promise<void> => {
    this.#answer();
  };

  async reloadProbes(): Promise<void> {
    this.#answer();
  }

  async reloadCertificate(): Promise<void> {
    this.#answer();
    if (this.#files.certificate) this.#served.certificate = this.#files.certificate;
  }

  async counters(): Promise<Record<string, number>> {
    return {};
  }

  #answer(): void {
    if (!this.up) throw new Error('connection refused');
  }
}

describe('the agent’s loop', () => {
  it('brings the engine to what is wanted and says so', async () => {
    const engine = new MemoryEngine();
    const loop = new Loop(engine, log);
    const snapshot = snapshotFor('sip.example.com');
    await loop.want({ snapshot, revision: '7', certificate });
    const { version } = snapshot;
    expect(loop.status).toEqual({ version, wantedVersion: version, revision: '7', certificateSerial: 'AB', problem: null, refusals: {}, destinations: {} });
    expect(loop.ready).toBe(true);
  });

  it('prepares the files of an engine that has not started, and lets it start only then', async () => {
    const engine = new MemoryEngine();
    engine.up = false;
    const loop = new Loop(engine, log);
    await loop.want({ certificate });
    expect(loop.mayStart).toBe(false);
    await loop.want({ snapshot: snapshotFor('sip.example.com') });
    expect(loop.mayStart).toBe(true);
    expect(loop.ready).toBe(false);
    engine.up = true;
    engine.restart();
    await loop.run();
    expect(loop.ready).toBe(true);
    expect(loop.status.problem).toBeNull();
  });

  it('keeps the last good rows when the engine refuses new ones, says why, and tries again', async () => {
    const engine = new MemoryEngine();
    const loop = new Loop(engine, log);
    const [good, next] = [snapshotFor('a.example.com'), snapshotFor('b.example.com')];
    await loop.want({ snapshot: good, certificate });
    engine.refusesTables = true;
    await loop.want({ snapshot: next });
    expect(loop.status).toMatchObject({ version: good.version, wantedVersion: next.version, problem: 'no private memory left' });
    expect(loop.ready).toBe(true);
    engine.refusesTables = false;
    await loop.run();
    expect(loop.status).toMatchObject({ version: next.version, problem: null });
  });

  it('goes on serving when what it is given cannot be used, and tells until something better comes', async () => {
    const loop = new Loop(new MemoryEngine(), log);
    const snapshot = snapshotFor('sip.example.com');
    await loop.want({ snapshot, certificate });
    loop.refuse('certificate', 'Secret "x" holds no readable certificate and key');
    await loop.run();
    expect(loop.status).toMatchObject({ version: snapshot.version, problem: 'Secret "x" holds no readable certificate and key' });
    await loop.want({ snapshot });
    expect(loop.status.problem).not.toBeNull();
    await loop.want({ certificate });
    expect(loop.status.problem).toBeNull();
  });

  it('prepares the engine’s next start on every pass, because nobody announces a restart', async () => {
    const engine = new MemoryEngine();
    const loop = new Loop(engine, log);
    await loop.run();
    const before = engine.prepared;
    await loop.run();
    expect(engine.prepared).toBeGreaterThan(before);
  });

  it('tells the engine’s wrong digest answers, and that it does not know them while the engine is away', async () => {
    const engine = new MemoryEngine();
    const loop = new Loop(engine, log);
    engine.refusals = { 15550001111: 2 };
    await loop.run();
    expect(loop.status.refusals).toEqual({ 15550001111: 2 });
    engine.up = false;
    await loop.run();
    expect(loop.status.refusals).toBeNull();
  });

  it('tells which destinations answer the engine, and of none that was not asked yet', async () => {
    const engine = new MemoryEngine();
    const loop = new Loop(engine, log);
    engine.probes = new Map([['sip:a', true], ['sip:b', false], ['sip:c', undefined]]);
    await loop.run();
    expect(loop.status.destinations).toEqual({ 'sip:a': true, 'sip:b': false });
  });

  it('knows which relays the engine knows and gives calls to, once that answers', async () => {
    const engine = new MemoryEngine();
    const loop = new Loop(engine, log);
    engine.up = false;
    await loop.run();
    expect([loop.known, loop.takers]).toEqual([undefined, undefined]);
    engine.up = true;
    await loop.want({ snapshot: snapshotFor('a.example.com'), certificate });
    expect([loop.known, loop.takers]).toEqual([new Set(['udp:10.0.0.1:2223']), new Set(['00000a'])]);
  });

  it('takes a relay that has to wait for no problem while there are others, and for one where there are none', async () => {
    const engine = new MemoryEngine();
    const loop = new Loop(engine, log);
    const media2 = [relay(), relay({ name: 'x-media-00000b', id: '00000b', control: 'udp:10.0.0.2:2223' })];
    await loop.want({ snapshot: snapshotFor('a.example.com'), certificate });
    engine.knows = ['udp:10.0.0.1:2223'];
    engine.reloadRelays = () => Promise.reject(new NotYetError('too soon'));
    await loop.want({ snapshot: toSnapshot({ hostname: 'b.example.com', sourceNetworks: [], media: media2, numbers: [] }) });
    expect(loop.status.problem).toBeNull();
    await loop.want({ snapshot: toSnapshot({ hostname: 'c.example.com', sourceNetworks: [], media: [relay({ control: 'udp:10.0.0.3:2223' })], numbers: [] }) });
    engine.takesNone = true;
    await loop.run();
    expect(loop.status.problem).toBe('too soon');
  });

  it('loads relays only once they have been the same for a moment, since those that are made together come one by one', async () => {
    const engine = new MemoryEngine();
    let reloads = 0;
    engine.reloadRelays = async () => void (reloads += 1);
    const loop = new Loop(engine, log);
    await loop.want({ snapshot: snapshotFor('a.example.com'), certificate });
    const before = reloads;
    const media2 = [relay(), relay({ name: 'x-media-00000b', id: '00000b', control: 'udp:10.0.0.2:2223' })];
    engine.knows = ['udp:10.0.0.1:2223'];
    await loop.want({ snapshot: toSnapshot({ hostname: 'a.example.com', sourceNetworks: [], media: media2, numbers: [] }) });
    expect(reloads).toBe(before);
    await until(() => {
      void loop.run();
      return reloads > before;
    });
    await loop.run();
  });

  it('applies the newest of many changes made while it works', async () => {
    const loop = new Loop(new MemoryEngine(), log);
    const all = Array.from({ length: 20 }, (_, i) => snapshotFor(`h${i}.example.com`));
    await Promise.all([loop.want({ certificate }), ...all.map((snapshot) => loop.want({ snapshot }))]);
    expect(loop.status.version).toBe(all.at(-1)?.version);
  });

  it('tells a revision only once the engine was brought to it, even where an earlier one asked for the same', async () => {
    const engine = new MemoryEngine();
    const loop = new Loop(engine, log);
    const [here, there] = [snapshotFor('a.example.com'), snapshotFor('b.example.com')];
    const told: unknown[] = [];
    engine.reloaded = () => told.push(loop.status.revision);
    await loop.want({ snapshot: here, revision: '1', certificate });
    await Promise.all([loop.want({ snapshot: there, revision: '2' }), Promise.resolve().then(() => loop.want({ snapshot: here, revision: '3' }))]);
    // Seen while the rows in between, and those after them, were being loaded.
    expect(told).not.toContain('3');
    expect(loop.status).toMatchObject({ version: here.version, revision: '3' });
  });

  it('lets whoever waits for a revision know when a pass that knew it has ended, and not for ever', async () => {
    const engine = new MemoryEngine();
    const loop = new Loop(engine, log);
    await loop.want({ snapshot: snapshotFor('a.example.com'), revision: '7', certificate });
    await loop.reached('7', 60_000);
    const waiting = loop.reached('8', 60_000).then(() => loop.status.revision);
    await loop.want({ snapshot: snapshotFor('b.example.com'), revision: '8' });
    expect(await waiting).toBe('8');
    await loop.reached('9', 1);
    expect(loop.status.revision).toBe('8');
  });
});
