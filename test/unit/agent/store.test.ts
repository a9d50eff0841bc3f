// SPDX-License-Identifier: Apache-2.0
// What is mended in the store of a media relay before its next process reads it: the script, run here as it is.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LuaFactory } from 'wasmoon';
import { describe, expect, it } from 'vitest';

const script = readFileSync(join(import.meta.dirname, '../../../media/rtpengine/etc/mend.lua'), 'utf8');

/** Runs the script on a store; returns how many values it mended. */
async function mend(store: Map<string, string>): Promise<number> {
  const lua = await new LuaFactory().createEngine();
  // The store's own lists begin with 1, which a list from here does not.
  lua.global.set('keys', [...store.keys()].join('\n'));
  lua.global.set('get', (key: string) => store.get(key));
  lua.global.set('set', (key: string, value: string) => void store.set(key, value));
  const prelude = `redis = { call = function(command, key, value)
    if command == "KEYS" then local all = {} for each in keys:gmatch("[^\\n]+") do all[#all + 1] = each end return all end
    if command == "GET" then return get(key) end
    return set(key, value)
  end }\n`;
  return Number(lua.doStringSync(prelude + script));
}

describe('calls in the store of a media relay', () => {
  it('have what is known of their codecs in the order in which it is read', async () => {
    const store = new Map([
      ['a', '{"media-0":{"ptime":20},"payload_types-0":["111/opus/48000/2/minptime=10;useinbandfec=1/24000/20","126/telephone-event/8000/1/0-15/0/20"],"payload_types-1":["0/PCMU/8000/1//0/20"]}'],
      ['b', '{"payload_types-0":[]}'],
    ]);
    expect(await mend(store)).toBe(1);
    expect(JSON.parse(store.get('a') ?? '')).toEqual({
      'media-0': { ptime: 20 },
      'payload_types-0': ['111/opus/48000/2/24000/20/minptime=10;useinbandfec=1', '126/telephone-event/8000/1/0/20/0-15'],
      'payload_types-1': ['0/PCMU/8000/1/0/20/'],
    });
    expect(store.get('b')).toBe('{"payload_types-0":[]}');
  });

  it('are no longer kept from being heard by a player that is gone', async () => {
    const flags = 0x2_0000_0000 + 1025;
    const store = new Map([['a', `{"media-0":{"media_flags":"${flags}"},"media-1":{"media_flags":"1025"}}`]]);
    expect(await mend(store)).toBe(1);
    expect(store.get('a')).toBe('{"media-0":{"media_flags":"1025"},"media-1":{"media_flags":"1025"}}');
  });

  it('stay as they are where that was done before', async () => {
    const store = new Map([['a', '{"payload_types-0":["111/opus/48000/2/x=1/24000/20","0/PCMU/8000/1//0/20"]}']]);
    await mend(store);
    const once = store.get('a');
    expect(await mend(store)).toBe(0);
    expect(store.get('a')).toBe(once);
  });
});
