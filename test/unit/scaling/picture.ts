// SPDX-License-Identifier: Apache-2.0
// A week as a picture: calls, and the room that the pods had for them.
import type { Outcome } from './town.ts';

const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP] = [900, 220, 44, 24, 22];
const STEP_S = 1200;
const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** An SVG of an outcome's looks, the highest figures of each twenty minutes. */
export function picture(name: string, { looks }: Pick<Outcome, 'looks'>, callsPerPod: number): string {
  const points = Array.from({ length: Math.ceil(looks.length / STEP_S) }, (_, i) => {
    const some = looks.slice(i * STEP_S, (i + 1) * STEP_S);
    const most = (of: (look: Outcome['looks'][number]) => number): number => some.reduce((high, look) => Math.max(high, of(look)), 0);
    return { calls: most(({ calls }) => calls), room: most(({ room }) => room), all: most(({ room, draining }) => room + draining * callsPerPod) };
  });
  const top = Math.ceil(points.reduce((high, { all }) => Math.max(high, all), 1) / 100) * 100;
  const x = (i: number): number => LEFT + (i / (points.length - 1)) * (WIDTH - LEFT);
  const y = (value: number): number => HEIGHT - BOTTOM - (value / top) * (HEIGHT - BOTTOM - TOP);
  const line = (of: (point: (typeof points)[number]) => number): string => points.map((point, i) => `${x(i).toFixed(1)},${y(of(point)).toFixed(1)}`).join(' ');
  const days = DAYS.map((day, i) => `<text x="${(LEFT + ((i + 0.5) / DAYS.length) * (WIDTH - LEFT)).toFixed(0)}" y="${HEIGHT - 6}" text-anchor="middle">${day}</text>`);
  const marks = [0, top / 2, top].map((value) => `<text x="${LEFT - 6}" y="${(y(value) + 4).toFixed(0)}" text-anchor="end">${value}</text><line x1="${LEFT}" x2="${WIDTH}" y1="${y(value).toFixed(1)}" y2="${y(value).toFixed(1)}" stroke="#ddd"/>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
${marks.join('\n')}
${days.join('\n')}
<polygon points="${LEFT},${y(0)} ${line(({ calls }) => calls)} ${WIDTH},${y(0)}" fill="#9ecae1"/>
<polyline points="${line(({ all }) => all)}" fill="none" stroke="#fdae6b" stroke-width="1.5"/>
<polyline points="${line(({ room }) => room)}" fill="none" stroke="#3182bd" stroke-width="1.5"/>
<text x="${LEFT}" y="14">${name}: calls (blue), room on pods that take calls (dark line), with those that drain (orange)</text>
</svg>
`;
}
