// SPDX-License-Identifier: Apache-2.0
// A pair of UDP sockets on neighbouring ports (RTP even, RTCP odd). Meta's media ports begin at 3478.
import { createSocket, type Socket } from 'node:dgram';

const firstPort = 3478;
const lastPort = 5000;
// Goes on from the last pair, so that late packets of an ended call do not reach the next one.
let nextPort = firstPort;

export interface SocketPair {
  readonly port: number;
  readonly rtp: Socket;
  readonly rtcp: Socket;
}

/** Binds the next free pair at `address`. Rejects when a whole round of ports is taken. */
export async function bindPair(address: string): Promise<SocketPair> {
  for (let tries = 0; tries <= lastPort - firstPort; tries += 2) {
    const port = nextPort;
    nextPort = port + 2 > lastPort ? firstPort : port + 2;
    const rtp = await bind(address, port);
    const rtcp = rtp && (await bind(address, port + 1));
    if (rtp && rtcp) return { port, rtp, rtcp };
    rtp?.close();
  }
  throw new Error(`no free pair of media ports at ${address} between ${firstPort} and ${lastPort}`);
}

function bind(address: string, port: number): Promise<Socket | undefined> {
  const socket = createSocket({
    type: address.includes(':') ? 'udp6' : 'udp4',
    recvBufferSize: 1_048_576,
    // Destinations are addresses; skips a look-up per packet.
    lookup: (host, _options, callback) => { callback(null, host, host.includes(':') ? 6 : 4); },
  });
  return new Promise((resolve, reject) => {
    socket.once('error', (error: NodeJS.ErrnoException) => {
      socket.close();
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    socket.bind(port, address, () => {
      // What ICMP reports on an unconnected socket is the peer's loss, seen in the counters.
      socket.removeAllListeners('error').on('error', () => {});
      resolve(socket);
    });
  });
}
