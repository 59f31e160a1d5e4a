import type { Point } from '../../../../src/contract/inference.ts'

/** Fingers, pens and mouse buttons that are down, and what they are doing together. */
export interface Gesture {
  readonly down: readonly Down[]
  readonly doing: 'nothing' | 'marking' | 'panning' | 'pinching'
  /** A pen was used: a hand that rests on the glass must not paint. */
  readonly pen: boolean
}

interface Down {
  readonly id: number
  readonly at: Point
  readonly kind: Pointer['kind']
}

export const noGesture: Gesture = { down: [], doing: 'nothing', pen: false }

/** A pointer event on the stage, in CSS pixels from its corner. */
export interface Pointer {
  readonly id: number
  readonly at: Point
  readonly kind: 'mouse' | 'pen' | 'touch'
  /** No other of its kind is down: what is still thought to be was lost by the system. */
  readonly first: boolean
  /** The middle button, or the tool that moves. */
  readonly pans: boolean
  /** The other end of a pen, or its eraser button. */
  readonly erases: boolean
}

/** What the gesture does to the mask and the view. */
export type GestureEffect =
  | { readonly type: 'begin'; readonly at: Point; readonly erase: boolean }
  | { readonly type: 'extend'; readonly at: Point }
  | { readonly type: 'end' | 'cancel' }
  | { readonly type: 'pan'; readonly dx: number; readonly dy: number }
  | { readonly type: 'pinch'; readonly before: readonly [Point, Point]; readonly now: readonly [Point, Point] }

type Outcome = readonly [Gesture, readonly GestureEffect[]]

/**
 * One pointer marks, or pans; a second finger takes back what the first began, and both pinch. A hand that comes down
 * beside the pen is nothing.
 */
export function press(gesture: Gesture, pointer: Pointer): Outcome {
  const { id, at, kind } = pointer
  if (kind === 'touch' && gesture.down.some((other) => other.kind === 'pen')) return [gesture, []]
  const others = pointer.first ? [] : gesture.down.filter((other) => other.id !== id)
  const down = [...others, { id, at, kind }]
  const pen = gesture.pen || kind === 'pen'
  const cancel: readonly GestureEffect[] = gesture.doing === 'marking' ? [{ type: 'cancel' }] : []
  if (down.length > 1) return [{ down, doing: 'pinching', pen }, cancel]
  if (pointer.pans || (pen && kind === 'touch')) return [{ down, doing: 'panning', pen }, cancel]
  return [{ down, doing: 'marking', pen }, [...cancel, { type: 'begin', at, erase: pointer.erases }]]
}

export function move(gesture: Gesture, pointer: Pick<Pointer, 'id' | 'at'>): Outcome {
  const before = gesture.down
  const old = before.find(({ id }) => id === pointer.id)
  if (old === undefined) return [gesture, []]
  const { id, at } = pointer
  const down = before.map((other) => (other.id === id ? { ...other, at } : other))
  const moved = { ...gesture, down }
  if (gesture.doing === 'marking') return [moved, [{ type: 'extend', at }]]
  if (gesture.doing === 'panning') return [moved, [{ type: 'pan', dx: at[0] - old.at[0], dy: at[1] - old.at[1] }]]
  const [a, b] = [twoOf(before), twoOf(down)]
  return a === undefined || b === undefined ? [moved, []] : [moved, [{ type: 'pinch', before: a, now: b }]]
}

/** A pointer that left. What is left of a pinch pans: it must not begin to paint. */
export function release(gesture: Gesture, id: number, cancelled = false): Outcome {
  if (!gesture.down.some((pointer) => pointer.id === id)) return [gesture, []]
  const down = gesture.down.filter((pointer) => pointer.id !== id)
  const doing = down.length === 0 ? 'nothing' : down.length === 1 ? 'panning' : 'pinching'
  const effects: GestureEffect[] = gesture.doing === 'marking' ? [{ type: cancelled ? 'cancel' : 'end' }] : []
  return [{ ...gesture, down, doing }, effects]
}

function twoOf(down: Gesture['down']): readonly [Point, Point] | undefined {
  const [a, b] = down
  return a === undefined || b === undefined ? undefined : [a.at, b.at]
}
