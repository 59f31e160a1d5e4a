import { describe, expect, it } from 'vitest'
import { covers } from '../../../adapters/web/page/mask-editor/covers.ts'
import { move, noGesture, press, release } from '../../../adapters/web/page/mask-editor/gesture.ts'
import type { Gesture, GestureEffect, Pointer } from '../../../adapters/web/page/mask-editor/gesture.ts'
import { keyCommand } from '../../../adapters/web/page/mask-editor/keys.ts'
import { simplify, toShape } from '../../../adapters/web/page/mask-editor/marks.ts'
import type { Mark } from '../../../adapters/web/page/mask-editor/marks.ts'
import { edit, startState } from '../../../adapters/web/page/mask-editor/state.ts'
import type { EditorAction, EditorState } from '../../../adapters/web/page/mask-editor/state.ts'
import { fitView, pinch, toShares, toStage, zoomAt } from '../../../adapters/web/page/mask-editor/view.ts'
import type { Point } from '../../../src/contract/inference.ts'

const picture = { width: 400, height: 200 }
const stage = { width: 832, height: 432 }
const stroke = (...points: Point[]): Mark => ({ type: 'stroke', points, radius: 0.1, erase: false })
const erased = (...points: Point[]): Mark => ({ type: 'stroke', points, radius: 0.1, erase: true })
const box: Mark = { type: 'box', from: [0.5, 0.5], to: [0.2, -0.3] }

describe('what a mask holds', () => {
  it('is measured in shares of the short side, whatever the ratio of the picture', () => {
    const marks = [stroke([0.5, 0.5])] // 20 pixels around (200, 100)
    expect(covers(marks, [219 / 400, 0.5], picture)).toBe(true)
    expect(covers(marks, [221 / 400, 0.5], picture)).toBe(false)
    expect(covers(marks, [0.5, 119 / 200], picture)).toBe(true)
    expect(covers(marks, [0.5, 121 / 200], picture)).toBe(false)
  })

  it('follows the marks in order: erased, inverted, cleared, on top of a first mask', () => {
    const line = stroke([0.1, 0.5], [0.9, 0.5])
    expect(covers([line], [0.5, 0.5], picture)).toBe(true)
    expect(covers([line, erased([0.5, 0.5])], [0.5, 0.5], picture)).toBe(false)
    expect(covers([line, erased([0.5, 0.5]), { type: 'invert' }], [0.5, 0.5], picture)).toBe(true)
    expect(covers([line, { type: 'clear' }, box], [0.5, 0.52], picture)).toBe(false)
    expect(covers([line, { type: 'clear' }, box], [0.3, 0.1], picture)).toBe(true)
    expect(covers([], [0.5, 0.5], picture, true)).toBe(true)
    expect(covers([{ type: 'clear' }], [0.5, 0.5], picture, true)).toBe(false)
  })
})

describe('what is sent', () => {
  it('are strokes or boxes where they say all, and a picture otherwise', () => {
    expect(toShape([stroke([0.25, 0.5]), erased([0.5, 0.5])], false, picture)).toEqual({
      type: 'strokes',
      strokes: [
        { points: [[0.25, 0.5]], radius: 0.1 },
        { points: [[0.5, 0.5]], radius: 0.1, erase: true },
      ],
    })
    expect(toShape([stroke([0, 0]), { type: 'clear' }, box], true, picture)).toEqual({
      type: 'boxes',
      boxes: [{ x: 0.2, y: 0, width: 0.3, height: 0.5 }],
    })
    expect(toShape([stroke([0, 0]), box], false, picture)).toBeUndefined()
    expect(toShape([stroke([0, 0]), { type: 'invert' }], false, picture)).toBeUndefined()
    expect(toShape([stroke([0, 0])], true, picture)).toBeUndefined()
  })

  it('has no more points than the way needs', () => {
    const straight = Array.from({ length: 100 }, (_, i): Point => [i / 100, 0.5])
    expect(simplify(straight, 0.005, picture)).toEqual([
      [0, 0.5],
      [0.99, 0.5],
    ])
    const corner: Point[] = [...straight, [0.99, 0.9]]
    expect(simplify(corner, 0.005, picture)).toEqual([
      [0, 0.5],
      [0.99, 0.5],
      [0.99, 0.9],
    ])
  })
})

describe('the view', () => {
  it('shows the whole picture in the middle at first', () => {
    expect(fitView(stage, picture)).toEqual({ scale: 2, x: 16, y: 16 })
  })

  it('keeps what lies under the pointer while it zooms, and stays within limits', () => {
    const view = fitView(stage, picture)
    const at: Point = [300, 200]
    const near = zoomAt(view, 3, at, stage, picture)
    expect(near.scale).toBe(6)
    const [before, after] = [toShares(view, at, picture), toShares(near, at, picture)]
    expect(after[0]).toBeCloseTo(before[0], 10)
    expect(after[1]).toBeCloseTo(before[1], 10)
    expect(zoomAt(view, 1e6, at, stage, picture).scale).toBe(24)
    expect(zoomAt(view, 1e-6, at, stage, picture).scale).toBe(1)
  })

  it('follows two fingers: what was under them is under them again', () => {
    const view = fitView(stage, picture)
    const before = [
      [200, 200],
      [300, 200],
    ] as const
    const now = [
      [250, 220],
      [450, 220],
    ] as const
    const after = pinch(view, before, now, stage, picture)
    expect(after.scale).toBe(4)
    for (const i of [0, 1] as const) {
      const [x, y] = toStage(after, toShares(view, before[i], picture), picture)
      expect([x, y]).toEqual([expect.closeTo(now[i][0], 6), expect.closeTo(now[i][1], 6)])
    }
  })
})

describe('fingers, pens and mice', () => {
  const pointer = (id: number, kind: Pointer['kind'], at: Point = [0, 0]): Pointer => ({
    ...{ id, at, kind, first: id !== 2, pans: false, erases: false },
  })
  const play = (...steps: ((gesture: Gesture) => readonly [Gesture, readonly GestureEffect[]])[]) => {
    let gesture = noGesture
    return steps.map((step) => {
      const [next, effects] = step(gesture)
      gesture = next
      return effects.map((effect) => effect.type).join()
    })
  }

  it('one paints; a second finger takes the stroke back and both pinch; what is left of them pans', () => {
    const effects = play(
      (now) => press(now, pointer(1, 'touch')),
      (now) => move(now, { id: 1, at: [5, 5] }),
      (now) => press(now, pointer(2, 'touch', [50, 0])),
      (now) => move(now, { id: 2, at: [60, 0] }),
      (now) => release(now, 1),
      (now) => move(now, { id: 2, at: [70, 0] }),
      (now) => release(now, 2),
      (now) => press(now, pointer(3, 'touch')),
      (now) => release(now, 3),
    )
    expect(effects).toEqual(['begin', 'extend', 'cancel', 'pinch', '', 'pan', '', 'begin', 'end'])
  })

  it('a hand on the glass does not paint once a pen was used, and the pen’s other end erases', () => {
    const [withPen, effects] = press(noGesture, { ...pointer(1, 'pen'), erases: true })
    expect(effects).toEqual([{ type: 'begin', at: [0, 0], erase: true }])
    const [lifted] = release(withPen, 1)
    expect(press(lifted, pointer(2, 'touch'))[1]).toEqual([])
    expect(press(lifted, pointer(2, 'touch'))[0].doing).toBe('panning')
    expect(press(lifted, pointer(3, 'mouse'))[1]).toHaveLength(1)
  })

  it('a hand that comes down beside the pen takes nothing from its stroke', () => {
    const [drawing] = press(noGesture, pointer(1, 'pen'))
    expect(press(drawing, pointer(3, 'touch'))).toEqual([drawing, []])
    expect(release(drawing, 3)).toEqual([drawing, []])
  })

  it('a finger that the system lost does not turn the next one into a pinch', () => {
    const [lost] = press(noGesture, pointer(1, 'touch'))
    const [next, effects] = press(lost, pointer(3, 'touch', [7, 7]))
    expect(next.doing).toBe('marking')
    expect(effects.map(({ type }) => type)).toEqual(['cancel', 'begin'])
  })

  it('a stroke that the system takes away leaves nothing', () => {
    const [down] = press(noGesture, pointer(1, 'touch'))
    expect(release(down, 1, true)[1]).toEqual([{ type: 'cancel' }])
  })
})

describe('the editor', () => {
  const play = (...actions: EditorAction[]): EditorState =>
    actions.reduce(edit, edit(startState(picture), { type: 'stage', stage }))

  it('records a stroke when it ends, takes it back and brings it again', () => {
    const painted = play({ type: 'begin', at: [416, 216] }, { type: 'extend', at: [516, 216] }, { type: 'end' })
    const mark = { type: 'stroke', radius: 0.06, erase: false }
    expect(painted.history.done).toEqual([
      {
        ...mark,
        points: [
          [0.5, 0.5],
          [0.625, 0.5],
        ],
      },
    ])
    expect(painted.live).toBeUndefined()
    const undone = edit(painted, { type: 'undo' })
    expect(undone.history.done).toEqual([])
    expect(edit(undone, { type: 'redo' }).history).toEqual(painted.history)
    expect(edit(undone, { type: 'invert' }).history.undone).toEqual([])
  })

  it('makes no box of a click', () => {
    const clicked = play({ type: 'tool', tool: 'box' }, { type: 'begin', at: [100, 100] }, { type: 'end' })
    expect(clicked.history.done).toEqual([])
  })

  it('is driven by keys: the cursor stays on the picture and in sight', () => {
    const far = play({ type: 'zoom', factor: 8 }, { type: 'cursor', dx: 1e5, dy: -1e5 })
    expect(far.cursor).toEqual([1, 0])
    const [x, y] = toStage(far.view, [1, 0], picture)
    expect(x).toBeLessThanOrEqual(stage.width)
    expect(y).toBeGreaterThanOrEqual(0)
  })

  it.each([
    ['b', {}, { type: 'tool', tool: 'brush' }],
    ['E', {}, { type: 'tool', tool: 'eraser' }],
    ['r', {}, { type: 'tool', tool: 'box' }],
    [']', {}, { type: 'size', factor: 1.2 }],
    ['ArrowLeft', { shiftKey: true }, { type: 'cursor', dx: -48, dy: 0 }],
    ['ArrowLeft', { ctrlKey: true }, { type: 'pan', dx: 48, dy: -0 }],
    ['z', { metaKey: true }, { type: 'undo' }],
    ['z', { ctrlKey: true, shiftKey: true }, { type: 'redo' }],
    ['y', { ctrlKey: true }, { type: 'redo' }],
    ['b', { ctrlKey: true }, undefined],
    ['q', {}, undefined],
  ])('knows the key %s with %o', (key, modifiers, command) => {
    const none = { ctrlKey: false, metaKey: false, shiftKey: false, altKey: false }
    expect(keyCommand({ key, ...none, ...modifiers })).toEqual(command)
  })
})
