// SPDX-License-Identifier: Apache-2.0
// Meta's end of ICE (RFC 8445): a lite agent, so it never checks but answers checks, and is controlled always. The
// other side names the pair to use (USE-CANDIDATE); addresses that no SDP named are as good (peer-reflexive).
import { randomBytes } from 'node:crypto';
import { classes, isComprehensionRequiredAttribute, Message, methods, parseMessage } from 'werift';

/** Where a packet came from, or goes to. */
export interface Place {
  readonly address: string;
  readonly port: number;
}

export interface IceLiteOptions {
  /** The pair to use is another than before. */
  nominated(place: Place): void;
  /** The other side takes itself for controlled. */
  conflicted(): void;
}

const reasons = { 400: 'Bad Request', 401: 'Unauthenticated', 420: 'Unknown Attribute', 487: 'Role Conflict' } as const;

/** RFC 8489 §14: what is not signed must carry neither. */
type Unsigned = 400 | 401;

export class IceLite {
  /** As many characters as in Meta's samples. */
  readonly ufrag = randomBytes(12).toString('base64');
  readonly password = randomBytes(18).toString('base64');
  readonly #key = Buffer.from(this.password);
  readonly #options: IceLiteOptions;
  readonly #checked = new Set<string>();
  #nominated: Place | undefined;

  constructor(options: IceLiteOptions) {
    this.#options = options;
  }

  get nominated(): Place | undefined {
    return this.#nominated;
  }

  /** Whether a check from there was right: only then other packets from there are listened to. */
  knows(place: Place): boolean {
    return this.#checked.has(nameOf(place));
  }

  /** The answer to a STUN packet; undefined for what is left unanswered. */
  answer(bytes: Buffer, from: Place): Buffer | undefined {
    const request = parseMessage(bytes); // undefined where FINGERPRINT is wrong
    if (request?.messageClass !== classes.REQUEST || request.messageMethod !== methods.BINDING) return undefined;
    if (request.getAttributeValue('FINGERPRINT') === undefined) return undefined;
    const unsigned = this.#authenticate(bytes, request);
    if (unsigned !== undefined) return failure(request, unsigned).addFingerprint().bytes;
    const response = this.#check(request, from);
    return response.addMessageIntegrity(this.#key).addFingerprint().bytes;
  }

  /** RFC 8489 §9.1.3. */
  #authenticate(bytes: Buffer, request: Message): Unsigned | undefined {
    const username: unknown = request.getAttributeValue('USERNAME');
    if (typeof username !== 'string' || request.getAttributeValue('MESSAGE-INTEGRITY') === undefined) return 400;
    const [ours] = username.split(':');
    return ours === this.ufrag && parseMessage(bytes, this.#key) !== undefined ? undefined : 401;
  }

  #check(request: Message, from: Place): Message {
    const unknown = request.unknownAttributeTypes.filter((type) => isComprehensionRequiredAttribute(type));
    if (unknown.length > 0) return failure(request, 420).setAttribute('UNKNOWN-ATTRIBUTES', unknown);
    if (request.getAttributeValue('PRIORITY') === undefined) return failure(request, 400);
    if (request.getAttributeValue('ICE-CONTROLLED') !== undefined) {
      this.#options.conflicted();
      return failure(request, 487);
    }
    this.#checked.add(nameOf(from));
    if (request.attributesKeys.includes('USE-CANDIDATE')) this.#nominate(from);
    return new Message(methods.BINDING, classes.RESPONSE, request.transactionId)
      .setAttribute('XOR-MAPPED-ADDRESS', [from.address, from.port]);
  }

  #nominate({ address, port }: Place): void {
    if (this.#nominated?.address === address && this.#nominated.port === port) return;
    this.#nominated = { address, port };
    this.#options.nominated(this.#nominated);
  }
}

function failure(request: Message, code: keyof typeof reasons): Message {
  return new Message(methods.BINDING, classes.ERROR, request.transactionId)
    .setAttribute('ERROR-CODE', [code, reasons[code]]);
}

function nameOf({ address, port }: Place): string {
  return `${address}:${port}`;
}
