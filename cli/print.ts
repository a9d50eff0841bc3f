// SPDX-License-Identifier: Apache-2.0
// Plans as people and programs read them. Pure.
import type { NumberPlan } from './plan.ts';

export const EXIT = { same: 0, problem: 1, differs: 2 } as const;

/** 1 where a plan could not be made, else 2 where something differs, else 0. */
export function exitCode(plans: readonly NumberPlan[]): number {
  if (plans.some(({ problem }) => problem !== undefined)) return EXIT.problem;
  return plans.some(({ differences }) => differences.length > 0) ? EXIT.differs : EXIT.same;
}

export const asJson = (plans: readonly NumberPlan[]): string => JSON.stringify({ numbers: plans }, null, 2);

export const asText = (plans: readonly NumberPlan[]): string => [...plans.map(section), summary(plans)].join('\n\n');

function section({ name, phoneNumber, differences, notes, problem }: NumberPlan): string {
  const head = `WhatsAppNumber "${name}" (${phoneNumber})`;
  if (problem !== undefined) return `${head}\n  ! ${problem}`;
  const width = Math.max(0, ...differences.map(({ field }) => field.length));
  const lines = differences.map(({ field, found, wanted }) => `  ~ ${field.padEnd(width)}  ${found} -> ${wanted}`);
  const body = lines.length > 0 ? lines : ['  = Meta has it as declared'];
  return [head, ...body, ...notes.map((note) => `  # ${note}`)].join('\n');
}

function summary(plans: readonly NumberPlan[]): string {
  const failed = plans.filter(({ problem }) => problem !== undefined).length;
  const changing = plans.filter(({ differences }) => differences.length > 0).length;
  return `${plans.length} ${plans.length === 1 ? 'number' : 'numbers'}: ${changing} would change at Meta, ${failed} could not be planned, ${plans.length - changing - failed} are as declared`;
}
