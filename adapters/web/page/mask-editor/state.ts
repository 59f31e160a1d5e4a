import type { Point } from '../../../../src/contract/inference.ts'
import { emptyHistory, record, redo, undo } from './history.ts'
import type { History } from './history.ts'
import type { Tool } from './keys.ts'
import { boxOf } from './marks.ts'
import type { Box, Mark, Size } from './marks.ts'
import { fitView, pan, pinch, reveal, toShares, toStage, zoomAt } from './view.ts'
import type { View } from './view.ts'

/** All that the editor knows, but for pixels. */
export interface EditorState {
  readonly picture: Size
  readonly stage: Size
  readonly view: View
  readonly tool: Tool
  /** Of brush and eraser: a share of the picture's short side. */
  readonly radius: number
  readonly history: History<Mark>
  /** What is being drawn. */
  readonly live?: Mark
  /** Where the keyboard's cursor or the pointer is, in shares; undefined before either came. */
  readonly cursor?: Point
  /** The cursor was moved by keys: then it is told what lies under it. */
  readonly byKeys: boolean
}

export type EditorAction =
  | { readonly type: 'stage'; readonly stage: Size }
  | { readonly type: 'tool'; readonly tool: Tool }
  | { readonly type: 'radius'; readonly radius: number }
  | { readonly type: 'size' | 'zoom'; readonly factor: number; readonly at?: Point }
  | { readonly type: 'cursor' | 'pan'; readonly dx: number; readonly dy: number }
  | { readonly type: 'pinch'; readonly before: readonly [Point, Point]; readonly now: readonly [Point, Point] }
  /** Points of the stage, in CSS pixels. */
  | { readonly type: 'hover' | 'extend'; readonly at: Point }
  | { readonly type: 'begin'; readonly at: Point; readonly erase?: boolean }
  | { readonly type: 'end' | 'cancel' | 'fit' | 'invert' | 'clear' | 'undo' | 'redo' }

export const smallestRadius = 0.005
export const largestRadius = 0.5

export const startState = (picture: Size): EditorState => ({
  picture,
  stage: { width: 0, height: 0 },
  view: { scale: 1, x: 0, y: 0 },
  tool: 'brush',
  radius: 0.06,
  history: emptyHistory,
  byKeys: false,
})

/** The next state. Nothing else changes the editor. */
export function edit(state: EditorState, action: EditorAction): EditorState {
  const { picture, stage, view } = state
  switch (action.type) {
    case 'stage':
      return { ...state, stage: action.stage, view: fitView(action.stage, picture) }
    case 'fit':
      return { ...state, view: fitView(stage, picture) }
    case 'tool':
      return withoutLive({ ...state, tool: action.tool })
    case 'radius':
      return { ...state, radius: Math.min(largestRadius, Math.max(smallestRadius, action.radius)) }
    case 'size':
      return edit(state, { type: 'radius', radius: state.radius * action.factor })
    case 'zoom':
      return { ...state, view: zoomAt(view, action.factor, action.at ?? zoomCentre(state), stage, picture) }
    case 'pan':
      return { ...state, view: pan(view, action.dx, action.dy, stage, picture) }
    case 'pinch':
      return { ...state, view: pinch(view, action.before, action.now, stage, picture) }
    case 'hover':
      return { ...state, cursor: toShares(view, action.at, picture), byKeys: false }
    case 'cursor':
      return moveCursor(state, action)
    case 'begin':
      return begin(state, nearby(toShares(view, action.at, picture)), action.erase === true)
    case 'extend':
      return extend(state, nearby(toShares(view, action.at, picture)))
    case 'end':
      return end(state)
    case 'cancel':
      return withoutLive(state)
    case 'invert':
    case 'clear':
      return { ...withoutLive(state), history: record(state.history, { type: action.type }) }
    case 'undo':
      return { ...withoutLive(state), history: undo(state.history) }
    case 'redo':
      return { ...withoutLive(state), history: redo(state.history) }
  }
}

function begin(state: EditorState, at: Point, erase: boolean): EditorState {
  const { tool, radius } = state
  if (tool === 'move') return state
  const live: Mark =
    tool === 'box' && !erase
      ? { type: 'box', from: at, to: at }
      : { type: 'stroke', points: [at], radius, erase: erase || tool === 'eraser' }
  return { ...state, live, cursor: at }
}

function extend(state: EditorState, at: Point): EditorState {
  const { live } = state
  if (live?.type === 'box') return { ...state, live: { ...live, to: at }, cursor: at }
  if (live?.type === 'stroke') return { ...state, live: { ...live, points: [...live.points, at] }, cursor: at }
  return { ...state, cursor: at }
}

function end(state: EditorState): EditorState {
  const { live } = state
  if (live === undefined) return state
  const nothing = live.type === 'box' && isTiny(boxOf(live), state.picture)
  return { ...withoutLive(state), history: nothing ? state.history : record(state.history, live) }
}

/** Less than a pixel: a click, not a box. */
const isTiny = (box: Box, picture: Size): boolean => box.width * picture.width < 1 || box.height * picture.height < 1

/** A stroke may leave the picture, but not by more than its half. */
const nearby = (at: Point): Point => [Math.min(1.5, Math.max(-0.5, at[0])), Math.min(1.5, Math.max(-0.5, at[1]))]

function withoutLive(state: EditorState): EditorState {
  const rest: { -readonly [K in keyof EditorState]: EditorState[K] } = { ...state }
  delete rest.live
  return rest
}

/** The keyboard's cursor starts in the middle, stays on the picture and in sight, and draws on while Space is down. */
function moveCursor(state: EditorState, { dx, dy }: { readonly dx: number; readonly dy: number }): EditorState {
  const { picture, stage, view } = state
  const from = toStage(view, state.cursor ?? [0.5, 0.5], picture)
  const [x, y] = toShares(view, [from[0] + dx, from[1] + dy], picture)
  const cursor: Point = [Math.min(1, Math.max(0, x)), Math.min(1, Math.max(0, y))]
  return { ...extend(state, cursor), byKeys: true, view: reveal(view, cursor, stage, picture) }
}

const zoomCentre = ({ cursor, view, picture, stage }: EditorState): Point =>
  cursor === undefined ? [stage.width / 2, stage.height / 2] : toStage(view, cursor, picture)
