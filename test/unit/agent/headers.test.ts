// SPDX-License-Identifier: Apache-2.0
// Which headers a destination is sent: the proxy's Lua, run here as it is.
import { beforeAll, describe, expect, it } from 'vitest';
import { loadLua, type CallLua } from './lua.ts';

let lua: CallLua;
beforeAll(async () => {
  lua = await loadLua();
});

const TOLD = [{ name: 'X-WA-From', value: '+447700900123' }, { name: 'X-WA-To', value: '+15550001111' }];

describe('the headers of a destination', () => {
  it('are all that we say of a call where it has no rules', () => {
    expect(lua('headers.wanted', TOLD, {})).toMatchObject({ with: TOLD });
  });

  it('go and come as its rules say, ours and Meta’s alike, whatever their case', () => {
    const rules = { remove: ['x-wa-meta-user-name', 'x-wa-to'], set: [{ name: 'X-App-ID', value: 'bank' }, { name: 'x-wa-from', value: 'somebody' }] };
    expect(lua('headers.wanted', TOLD, rules)).toEqual({
      without: ['x-wa-meta-user-name', 'x-wa-to', 'X-App-ID', 'x-wa-from'],
      with: rules.set,
    });
  });
});
