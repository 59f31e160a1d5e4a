import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createStepClock } from '../../src/pipelines/step-clock.ts'

beforeEach(() => vi.useFakeTimers({ toFake: ['performance'] }))
afterEach(() => vi.useRealTimers())

const wait = (ms: number) => vi.advanceTimersByTime(ms)

describe('the clock of steps', () => {
  it('estimates what is left from the median step and the decoding', () => {
    const clock = createStepClock(2)
    const first = clock.picture(0)
    const left: number[] = []
    for (let i = 0; i < 3; i++) {
      wait(i === 1 ? 900 : 100) // one step that was held up
      left.push(first.step(i, 3).remainingMs!)
    }
    // Steps that are left, and two decodings of two steps each; after a slow step the median of two is the larger.
    expect(left).toEqual([5 * 100 + 2 * 200, 4 * 900 + 2 * 1800, 3 * 100 + 2 * 200])
    wait(50)
    clock.decoded(50)
    wait(100)
    expect(clock.picture(1).step(0, 3)).toEqual({
      image: 1,
      images: 2,
      step: 1,
      steps: 3,
      stepMs: 100,
      elapsedMs: 1250,
      remainingMs: 2 * 100 + 50,
    })
    expect(clock.timings()).toEqual({ stepMs: 100, decodeMs: 50 })
  })

  it('lets previews come four times a second at most, and take a quarter of the time at most', () => {
    const picture = createStepClock(1).picture(0)
    const due = (costMs: number) => {
      const shown: number[] = []
      for (let i = 0; i < 20; i++) {
        wait(100)
        if (picture.previewDue(i, 21, costMs)) shown.push(i)
      }
      return shown
    }
    expect(due(0)).toEqual([0, 3, 6, 9, 12, 15, 18])
    expect(due(200)).toEqual([6, 14]) // 800 ms after the last one, which was 200 ms ago
  })

  it('shows no preview after the last step: the picture comes', () => {
    const picture = createStepClock(1).picture(0)
    expect(picture.previewDue(0, 1, 0)).toBe(false)
    expect(picture.previewDue(3, 4, 0)).toBe(false)
    expect(picture.previewDue(2, 4, 0)).toBe(true)
  })

  it('says nothing of what it has not measured', () => {
    expect(createStepClock(1).timings()).toEqual({ stepMs: 0, decodeMs: 0 })
  })
})
