// SPDX-License-Identifier: Apache-2.0
// Behaviour of Meta that is documented in conflicting ways or seen in the field only; all off by default.

export interface Quirks {
  /** A write that touches `sip` puts the key exchange back to DTLS unless it sets it too. */
  srtpResetOnSipUpdate: boolean;
  /** What a read shows of a server's port. */
  port: 'integer' | 'string' | 'missing';
  /** What a read shows of times of day. */
  times: 'HHMM' | 'HH:MM' | 'integer';
  /** How a read spells ENABLED, DTLS, MONDAY and the like. */
  enums: 'upper' | 'lower';
  /** What a read calls begin and end of a holiday. */
  holidayKeys: 'start_end' | 'open_close';
  /** A read leaves `audio` and `call_icons` out while they say what holds anyway. */
  defaultsLeftOut: boolean;
  /** A server whose hostname or port changes gets a new password. */
  newPasswordOnServerChange: boolean;
  /** `sip_user_password` shows only while both `status` and `sip.status` are ENABLED. */
  passwordOnlyWhenEnabled: boolean;
  /** Reads show the former settings until so many milliseconds after a write. */
  visibleAfterMs: number;
}

export const noQuirks: Quirks = {
  srtpResetOnSipUpdate: false,
  port: 'integer',
  times: 'HHMM',
  enums: 'upper',
  holidayKeys: 'start_end',
  defaultsLeftOut: false,
  newPasswordOnServerChange: false,
  passwordOnlyWhenEnabled: false,
  visibleAfterMs: 0,
};
