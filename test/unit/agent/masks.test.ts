// SPDX-License-Identifier: Apache-2.0
// Masked addresses between the proxy's topoh and the wire, in the proxy's own Lua.
import { beforeAll, describe, expect, it } from 'vitest';
import { loadLua, type CallLua } from './lua.ts';

/** Of a proxy whose own name is not set. */
const HOST = 'hidden.';

let lua: CallLua;
beforeAll(async () => {
  lua = await loadLua();
});

const answer = (address: string): string => `SIP/2.0 200 OK\r\nVia: x\r\nRecord-Route: <sip:10.0.0.1;lr>, ${address}\r\nX-Text: a;tlm b\r\n\r\nv=0\r\n`;

describe('an address that a proxy has masked', () => {
  it('has lr on the wire, and comes back as it was', () => {
    const made = answer(`<sip:${HOST};tlm=sr-abc>, <sip:${HOST};tlm=sr-tlm>`);
    const sent = answer(`<sip:${HOST};lr;tlm=sr-abc>, <sip:${HOST};lr;tlm=sr-tlm>`);
    expect(lua('masks.write', made)).toBe(sent);
    expect(lua('masks.read', sent)).toBe(made);
  });

  it('is read as an earlier release wrote it', () => {
    expect(lua('masks.read', answer(`<sip:${HOST};lr=sr-abc>`))).toBe(answer(`<sip:${HOST};tlm=sr-abc>`));
  });

  it.each([
    'nothing masked',
    `<sip:${HOST};transport=tcp;tlm=sr-abc;lr>`,
    `<sip:${HOST};lr>`,
    `<sip:${HOST};tlmx>`,
    '<sip:other.example.com;tlm>',
    '"a;tlm" <sip:a@b>',
  ])('is read as it came: %s', (address) => {
    expect(lua('masks.read', answer(address))).toBe(answer(address));
  });

  it.each([
    `<sip:${HOST};tlm>`,
    `<sip:${HOST};tlm;lr>`,
    `<sip:${HOST};lr;tlm>`,
    `<sip:${HOST}:5060;tlm=>`,
    `<sip:a@${HOST.toUpperCase()};TLM>`,
    `<sip:${HOST};lr;\r\n tlm>`,
    `sip:${HOST};tlm`,
    `<sip:${HOST};tlm="sr-abc">`,
    `<sip:${HOST};tlm=sr-a;Tlm>`,
    `<sip:${HOST};tlm = sr-abc>`,
    `<sip:${HOST};x=">";tlm>`,
    `<sip:${HOST};x=">\r\n <";\r\n\ttlm>`,
    `<sip:${HOST};tlm=sr-a>, <sip:${HOST}>;tlm`,
  ])('is none without its text, which would end the engine: %j', (address) => {
    const read = String(lua('masks.read', answer(address)));
    expect(read).not.toMatch(/tlm/i);
    expect(read).toHaveLength(answer(address).length);
  });
});
