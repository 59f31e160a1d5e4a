import { expect, it } from 'vitest'
import { leaveOut, type TurnLength } from '../../src/pipelines/chat-window.ts'

const turnsOf = (...lengths: readonly number[]): TurnLength[] =>
  lengths.map((answered) => ({ asked: Math.ceil(answered / 2), answered }))
const alike = (count: number) => turnsOf(...Array.from({ length: count }, () => 10))

it('leaves nothing out as long as there is room', () => {
  expect(leaveOut(alike(10), 95)).toEqual({ turns: 0, before: 0 })
})

it('leaves out the oldest whole turns, down to three quarters of the room', () => {
  // 9 * 10 + 5 do not fit into 90; 6 * 10 + 5 are less than 67.5.
  expect(leaveOut(alike(10), 90)).toEqual({ turns: 3, before: 0 })
})

it('leaves out the same for the messages that follow, until there is no room again', () => {
  const counts = Array.from({ length: 20 }, (_, n) => leaveOut(alike(n + 1), 90))
  expect(counts.map(({ turns }) => turns)).toEqual([...Array<number>(9).fill(0), 3, 3, 3, 6, 6, 6, 9, 9, 9, 12, 12])
  for (const [n, { before }] of counts.entries()) expect(before).toBe(counts[n - 1]?.turns ?? 0)
})

it('never leaves out the last message, however long it is', () => {
  expect(leaveOut(turnsOf(10, 10, 1000), 100)).toEqual({ turns: 2, before: 0 })
  expect(leaveOut(turnsOf(1000), 100)).toEqual({ turns: 0, before: 0 })
})
