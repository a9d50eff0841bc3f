// SPDX-License-Identifier: Apache-2.0
// The user's end of a call of either direction: what is heard there, and what the user does.
import type { Counters } from '../media/measure.ts';
import type { MediaReport } from '../media/report.ts';
import { Conversation } from './conversation.ts';
import { Journal } from './journal.ts';
import type { CallTimings, Ending } from './outcome.ts';

export abstract class UserEnd {
  readonly journal = new Journal();
  protected readonly conversation: Conversation;

  constructor(timings: CallTimings) {
    this.conversation = new Conversation(this.journal, timings);
  }

  /** Meta's id of the call, which its BYE carries. */
  get wacid(): string {
    return this.conversation.wacid;
  }

  /** Resolves when the call is over, also when it was never answered. */
  get ended(): Promise<Ending> {
    return this.conversation.ended;
  }

  /** Whether it is being set up, or going on. */
  get active(): boolean {
    return this.conversation.state !== 'over';
  }

  /** Counters now, to be given to `media` later. Throws before there is media. */
  mark(): Counters {
    return this.conversation.mark();
  }

  /** Media so far, or since a mark. Throws before there is media. */
  media(since?: Counters): MediaReport {
    return this.conversation.media(since);
  }

  /** The user presses a key, 0 to 9. */
  press(digit: number): void {
    this.conversation.stream.press(digit);
  }

  /** The user hangs up, or gives the call up before it is answered. Resolves when the call is over. */
  hangup(): Promise<Ending> {
    if (this.conversation.state === 'set-up') this.giveUp();
    else void this.conversation.bye('user', '');
    return this.ended;
  }

  /** What becomes of a call that is not answered yet. */
  protected abstract giveUp(): void;
}
