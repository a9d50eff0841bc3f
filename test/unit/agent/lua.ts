// SPDX-License-Identifier: Apache-2.0
// The modules of media/kamailio/etc/lua, as functions of this program.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LuaFactory } from 'wasmoon';

const folder = join(import.meta.dirname, '../../../media/kamailio/etc/lua');

/** Calls `MODULE.FUNCTION` of a fresh Lua with these values. */
export type CallLua = (name: string, ...values: unknown[]) => unknown;

/** @param globals what Kamailio gives to Lua, for a module that asks for it */
export async function loadLua(globals: Readonly<Record<string, unknown>> = {}): Promise<CallLua> {
  const factory = new LuaFactory();
  for (const file of readdirSync(folder)) await factory.mountFile(file, readFileSync(join(folder, file), 'utf8'));
  const lua = await factory.createEngine();
  for (const [name, value] of Object.entries(globals)) lua.global.set(name, value);
  return (name, ...values) => {
    const [module = '', method = ''] = name.split('.');
    const parameters = values.map((value, place) => {
      if (typeof value !== 'function') return toLua(value);
      lua.global.set(`function${place}`, value);
      return `function${place}`;
    });
    return lua.doStringSync(`return require("${module}").${method}(${parameters.join(', ')})`) as unknown;
  };
}

/** A value as Lua source. */
function toLua(value: unknown): string {
  if (value === undefined || value === null) return 'nil';
  if (Array.isArray(value)) return `{${value.map(toLua).join(', ')}}`;
  if (typeof value === 'object') return `{${Object.entries(value).flatMap(([key, each]) => (each === undefined ? [] : [`[${quote(key)}] = ${toLua(each)}`])).join(', ')}}`;
  return typeof value === 'string' ? quote(value) : JSON.stringify(value);
}

/** With every byte by its number, so that no text can end the quotes. */
const quote = (text: string): string => `"${[...Buffer.from(text)].map((byte) => `\\${String(byte).padStart(3, '0')}`).join('')}"`;
