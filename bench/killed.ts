// SPDX-License-Identifier: Apache-2.0
// How long calls are without audio when their media relay is killed, or its container with it: TRUNKLINE_CALLS of them with keys by
// SDES on both sides, such that are only relayed, and such whose codec is changed.
import { setTimeout as sleep } from 'node:timers/promises';
import { step } from '../test/cluster/steps.ts';
import { ONE_POD } from '../test/e2e/manifests.ts';
import { changeGateway, podsOf, signalContainer, signalRelay } from '../test/e2e/pods.ts';
import { relayOf } from '../test/e2e/talk.ts';
import { theWorld, type World } from '../test/e2e/world.ts';
import { wantedCalls } from '../test/load/wanted.ts';
import type { CodecName } from '../test/meta/media/codecs.ts';
import { waitFor } from '../test/stage/wait.ts';
import { Held } from './held.ts';

const CALLS = wantedCalls(50);
const LOOK_MS = 20;
/** So long is looked for a gap. */
const LOOK_FOR_MS = 25_000;
/** A pause of so long is no gap: packets come in bursts on a busy machine. */
const GAP_MS = 500;

const world: World = await theWorld();
// While it is not ready another one is made, which goes at once.
await changeGateway(world, { media: { ...ONE_POD, scaleInAfter: '1s' } });

/** The longest time in which nothing came at each end of each call, in milliseconds; Infinity where nothing came any more. */
async function gaps(held: Held): Promise<number[]> {
  const started = performance.now();
  const ends = held.received().map((count) => ({ count, at: started, longest: 0 }));
  while (performance.now() - started < LOOK_FOR_MS) {
    await sleep(LOOK_MS);
    const now = performance.now();
    for (const [place, count] of held.received().entries()) {
      const end = ends[place];
      if (!end || end.count === count) continue;
      end.longest = Math.max(end.longest, now - end.at);
      [end.count, end.at] = [count, now];
    }
  }
  return ends.map(({ at, longest }) => (performance.now() - at > GAP_MS ? Infinity : longest));
}

async function round(what: string, codec: CodecName): Promise<number> {
  await waitFor('one media pod', async () => (await podsOf(world, 'media')).length === 1, { timeoutMs: 60_000 });
  const held = await step(`${CALLS} calls up, ${what}`, () => Held.place(world, { name: `killed-${codec.toLowerCase()}`, count: CALLS, codec, srtp: true }));
  await sleep(2000);
  const relay = held.calls[0] ? relayOf(held.calls[0]) : '';
  const wrong = (await kill('relay killed', held, () => signalRelay(world, 'SIGKILL', relay))) + (await kill('container killed', held, () => signalContainer(world, 'rtpengine', 'SIGKILL', relay)));
  return wrong + (await held.end());
}

/** Returns how many ends heard nothing any more. */
async function kill(what: string, held: Held, begin: () => Promise<unknown>): Promise<number> {
  const found = await step(what, async () => {
    const looking = gaps(held);
    await begin();
    return looking;
  });
  const users = found.filter((_, place) => place % 2 === 0);
  const desks = found.filter((_, place) => place % 2 === 1);
  const figures = (all: readonly number[]): string => {
    const heard = all.filter(Number.isFinite).toSorted((a, b) => a - b);
    return `${heard.length} of ${all.length} go on, gap ${[0, 0.5, 1].map((share) => Math.round(heard[Math.floor(share * (heard.length - 1))] ?? NaN)).join(' / ')} ms`;
  };
  console.log(`  users ${figures(users)}; desks ${figures(desks)} (least / median / most); undecryptable packets ${held.undecryptable()}`);
  await held.listen(10);
  return found.filter((gap) => !Number.isFinite(gap)).length;
}

const wrong = (await round('only relayed', 'opus')) + (await round('with another codec inside', 'PCMU'));
process.exit(wrong > 0 ? 1 : 0);
