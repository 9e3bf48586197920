import { openUnderground } from '../underground.ts';
import type { Part } from '../../site/part.ts';
import { AtTheCharger } from './at-the-charger.ts';
import { isMatrix, liveMatrix, type MatrixSeen } from './matrix.ts';
import { isMeeting, liveMeeting, type MeetingSeen } from './meeting.ts';
import { isProfile, liveProfile, type ProfileSeen } from './profile.ts';
import { isRules, liveRules, type RulesSeen } from './rules.ts';
import { isSlots, liveSlots, type SlotsSeen } from './slots.ts';

export interface PlaceSeen {
  readonly meeting: MeetingSeen;
  readonly matrix: MatrixSeen;
  readonly slots: SlotsSeen;
  readonly rules: RulesSeen;
  readonly profile: ProfileSeen;
}

/** 15:30 in New York, some days before clocks are set back there. */
const BEGINS_MS = Date.parse('2026-10-20T19:30:00Z');

/** What holds at one charger by words that phones bring it; its time is held. */
export const placePart: Part<PlaceSeen> = {
  name: 'place',
  what: 'a charger in a process of its own: 120 kinds of visits, quarters of an hour, rules and a profile',
  async live(folder) {
    const there = await openUnderground(folder, {
      ...{ heldAtMs: BEGINS_MS, stepMs: 1_000, groupIds: ['CITY-HALL'], capacity: 200, againMs: 20 },
    });
    try {
      const at = new AtTheCharger(there);
      const meeting = await liveMeeting(at);
      const matrix = await liveMatrix(at, there.evseId);
      const slots = await liveSlots(at);
      const rules = await liveRules(at);
      return { meeting, matrix, slots, rules, profile: await liveProfile(at) };
    } finally {
      await there.close();
    }
  },
  rows: [
    { row: 'SECURE-2', is: ({ meeting }) => isMeeting(meeting), shows: ({ meeting }) => meeting },
    { row: 'SECURE-6', is: ({ matrix }) => isMatrix(matrix), shows: ({ matrix }) => matrix },
    { row: 'SECURE-7', is: ({ slots }) => isSlots(slots), shows: ({ slots }) => slots },
    { row: 'SECURE-9', is: ({ profile }) => isProfile(profile), shows: ({ profile }) => profile },
    { row: 'SECURE-14', is: ({ rules }) => isRules(rules), shows: ({ rules }) => rules },
  ],
};
