/** Tokens of one turn of a conversation. */
export interface TurnLength {
  /** Of the message alone, as while its answer is to be written. */
  readonly asked: number
  /** Of the message and its answer. */
  readonly answered: number
}

/** Which turns are left out of a conversation. */
export interface LeftOut {
  /** The oldest so many. */
  readonly turns: number
  /** How many were left out when the message before was answered. */
  readonly before: number
}

/** What is left of the room when turns are left out: so the next messages leave none out, and what is kept of the
 * conversation's beginning serves them all. */
const roomLeft = 3 / 4

/**
 * The oldest turns that must go so that the last message fits into `room` tokens with what was said before it; the last
 * turn always stays. The conversation is followed from its beginning, so what went for one message stays away for the
 * next, and every message gets the same result however often it is answered.
 */
export function leaveOut(turns: readonly TurnLength[], room: number): LeftOut {
  let [first, before, earlier] = [0, 0, 0]
  for (const [current, { asked, answered }] of turns.entries()) {
    before = first
    const limit = earlier + asked > room ? room * roomLeft : room
    while (first < current && earlier + asked > limit) earlier -= turns[first++]!.answered
    earlier += answered
  }
  return { turns: first, before }
}
