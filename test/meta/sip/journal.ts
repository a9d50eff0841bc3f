// SPDX-License-Identifier: Apache-2.0
// What happened in one call, in order, for assertions and for a person who asks why.
import type { Finding } from './dialog.ts';
import type { SipRequest, SipResponse } from './message.ts';

export interface TimelineEntry {
  /** Since the user tapped the call button, or the first INVITE of the business came. */
  readonly atMs: number;
  readonly event: string;
}

export class Journal {
  readonly startedAtMs = performance.now();
  readonly timeline: TimelineEntry[] = [];
  /** What the business did against Meta's documents or RFC 3261. */
  readonly findings: Finding[] = [];
  /** The INVITEs of the call and every answer to them, whichever side sent them. */
  readonly invites: SipRequest[] = [];
  readonly responses: SipResponse[] = [];
  /** Requests of the business inside the dialog, other than ACK, BYE and CANCEL: none may ever come. */
  readonly inDialogRequests: SipRequest[] = [];

  note(event: string): void {
    this.timeline.push({ atMs: performance.now() - this.startedAtMs, event });
  }

  find(finding: Finding): void {
    this.findings.push(finding);
    this.note(`finding ${finding.code}: ${finding.detail}`);
  }
}
