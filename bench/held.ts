// SPDX-License-Identifier: Apache-2.0
// Calls that are up, listened to at both ends while something happens to the rest.
import { setTimeout as sleep } from 'node:timers/promises';
import { numberManifest, routeManifest } from '../test/e2e/manifests.ts';
import { known, told } from '../test/e2e/numbers.ts';
import { place, relayOf } from '../test/e2e/talk.ts';
import { NAMESPACE, type World } from '../test/e2e/world.ts';
import type { CodecName } from '../test/meta/media/codecs.ts';
import type { Counters } from '../test/meta/media/measure.ts';
import type { Call } from '../test/meta/sip/call.ts';
import { Switchboard } from '../test/pbx/switchboard.ts';
import { apply } from '../test/stage/install.ts';
import { STRANGER_ADDRESS } from '../test/stage/meta.ts';
import { waitFor } from '../test/stage/wait.ts';

const WINDOW_S = 10;
const AT_A_TIME = 10;
const TONE = 1300;
/** Of what is due in a window so much must have come, or the call is as good as lost. */
const ALIVE = 0.5;

/** A call with both its ends' ears, and the worst window that either had. */
interface Watched {
  call: Call;
  user: Counters;
  desk: number;
  worst: number;
}

export interface HeldOptions {
  /** Of the number. */
  name: string;
  count: number;
  codec: CodecName;
  srtp?: boolean;
}

export class Held {
  readonly #board: Switchboard;
  readonly #watched: readonly Watched[];

  private constructor(board: Switchboard, calls: readonly Call[]) {
    this.#board = board;
    this.#watched = calls.map((call) => ({ call, user: call.mark(), desk: received(board, call), worst: 1 }));
  }

  /** Users ring a switchboard; returns when there is audio at both ends of all calls. */
  static async place(world: World, { name, count, codec, srtp = false }: HeldOptions): Promise<Held> {
    const board = await Switchboard.open({ address: STRANGER_ADDRESS, tone: TONE, codecs: [codec], srtp });
    const number = known(world, name);
    const destinations = [{ uri: board.uri, media: { encryption: srtp ? 'SDES' : 'None' } }];
    await apply(world.cluster, [numberManifest(number), { ...routeManifest(name, [], ''), spec: { numbers: [{ name }], destinations } }], NAMESPACE);
    await told(world, 'wan', name, { type: 'Ready' });
    const calls: Call[] = [];
    while (calls.length < count) {
      const batch = Math.min(AT_A_TIME, count - calls.length);
      // A user hangs up by whatever connection Meta has then, since that of the set-up may be gone.
      calls.push(...(await Promise.all(Array.from({ length: batch }, () => place(world, number, { reconnectInDialog: true })))));
    }
    await waitFor('audio at both ends of all', () => calls.every((call) => call.media().received > 50 && received(board, call) > 50), { timeoutMs: 60_000 });
    return new Held(board, calls);
  }

  get calls(): readonly Call[] {
    return this.#watched.map(({ call }) => call);
  }

  /** Listens for some seconds. */
  async listen(seconds: number): Promise<void> {
    const until = performance.now() + seconds * 1000;
    while (performance.now() < until) {
      await sleep(WINDOW_S * 1000);
      this.#watched.forEach((each) => this.#look(each));
    }
  }

  /** Listens until something is over. */
  async listenTo(what: Promise<unknown>): Promise<void> {
    const state = { isOver: false };
    const over = what.finally(() => {
      state.isOver = true;
    });
    while (!state.isOver) await this.listen(WINDOW_S);
    await over;
  }

  /** Packets that each of both ends of all calls has received. */
  received(): number[] {
    return this.#watched.flatMap(({ call }) => [call.mark().received, received(this.#board, call)]);
  }

  /** Whether the user of each hears the tone in the last second. */
  toneless(): number {
    return this.#watched.filter(({ call, user }) => (call.media(user).toneShares(TONE).at(-1) ?? 1) < 0.9).length;
  }

  undecryptable(): number {
    return this.#watched.reduce((sum, { call }) => sum + call.media().undecryptable, 0);
  }

  /** All hang up. Says what became of them, and returns how many things were wrong. */
  async end(): Promise<number> {
    const toneless = this.toneless();
    const endings = await Promise.all(this.calls.map((call) => call.hangup()));
    // A call that has ended has no figure at all.
    const silent = this.#watched.filter(({ worst }) => !(worst >= ALIVE));
    const lost = silent.length;
    const unheard = endings.filter((ending) => ending.by !== 'user' || ending.byeStatus !== 200).length;
    const broken = this.calls.filter(({ journal }) => journal.findings.length > 0 || journal.inDialogRequests.length > 0).length;
    const worst = Math.min(...this.#watched.map((each) => (Number.isNaN(each.worst) ? 0 : each.worst)));
    const left = this.#board.lines.size;
    console.log(`${this.calls.length} calls: ${lost} lost, the worst ${WINDOW_S} s of any had ${(100 * worst).toFixed(1)} % of its packets`);
    console.log(`tone wrong at the end of ${toneless}; hang-up not answered of ${unheard}; Meta's rules broken in ${broken}; PBX still in ${left}`);
    for (const [how, calls] of Map.groupBy(silent, ({ call }) => `relay ${relayOf(call)}: ${call.journal.timeline.findLast(({ event }) => event.startsWith('ended'))?.event ?? 'not ended'}`)) {
      console.log(`  ${calls.length} lost at ${how}`);
    }
    this.#board.close();
    return lost + toneless + unheard + broken + left;
  }

  /** What came at both ends since the last look, as a share of what was due; then looks from here on. */
  #look(watched: Watched): void {
    const { call, user, desk } = watched;
    const now = call.mark();
    const due = (now.atMs - user.atMs) / 20;
    const atDesk = received(this.#board, call);
    watched.worst = Math.min(watched.worst, (now.received - user.received) / due, (atDesk - desk) / due);
    watched.user = now;
    watched.desk = atDesk;
  }
}

const received = ({ lines }: Switchboard, call: Call): number => lines.get(call.callId)?.reception.counters().received ?? 0;
