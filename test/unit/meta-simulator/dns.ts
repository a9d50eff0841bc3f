// SPDX-License-Identifier: Apache-2.0
// A DNS server for tests: every name is 127.0.0.1, except that `*.invalid` does not exist.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

export interface TestDns {
  /** `address:port` */
  readonly server: string;
  close(): void;
}

export async function startDns(): Promise<TestDns> {
  const socket = createSocket('udp4');
  socket.on('message', (query, peer) => {
    const end = query.indexOf(0, 12) + 5; // the name's closing zero, type and class
    const question = query.subarray(12, end);
    const exists = !question.includes('invalid');
    const head = Buffer.from(query.subarray(0, 12));
    head.writeUInt16BE(exists ? 0x8180 : 0x8183, 2);
    head.writeUInt16BE(exists ? 1 : 0, 6);
    head.writeUInt32BE(0, 8);
    const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, 1]);
    socket.send(Buffer.concat([head, question, ...(exists ? [record] : [])]), peer.port, peer.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { server: `127.0.0.1:${socket.address().port}`, close: () => { socket.close(); } };
}
