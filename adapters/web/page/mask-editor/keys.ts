/** Tools by what pressing and dragging does. */
export const tools = ['brush', 'eraser', 'box', 'move'] as const
export type Tool = (typeof tools)[number]

export type KeyCommand =
  | { readonly type: 'tool'; readonly tool: Tool }
  | { readonly type: 'size'; readonly factor: number }
  | { readonly type: 'zoom'; readonly factor: number }
  | { readonly type: 'cursor' | 'pan'; readonly dx: number; readonly dy: number }
  | { readonly type: 'fit' | 'invert' | 'clear' | 'undo' | 'redo' }
  | { readonly type: 'press' }

type Key = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey'>

/** CSS pixels that an arrow key goes; with Shift it goes further. */
const stepPx = 8
const leapPx = 48

export const sizeStep = 1.2
export const zoomStep = 1.25

const plain: Readonly<Record<string, KeyCommand>> = {
  b: { type: 'tool', tool: 'brush' },
  e: { type: 'tool', tool: 'eraser' },
  r: { type: 'tool', tool: 'box' },
  h: { type: 'tool', tool: 'move' },
  '[': { type: 'size', factor: 1 / sizeStep },
  ']': { type: 'size', factor: sizeStep },
  '+': { type: 'zoom', factor: zoomStep },
  '=': { type: 'zoom', factor: zoomStep },
  '-': { type: 'zoom', factor: 1 / zoomStep },
  '0': { type: 'fit' },
  i: { type: 'invert' },
  delete: { type: 'clear' },
  ' ': { type: 'press' },
}

const arrows: Readonly<Record<string, readonly [number, number]>> = {
  arrowleft: [-1, 0],
  arrowright: [1, 0],
  arrowup: [0, -1],
  arrowdown: [0, 1],
}

/** What a key means in the mask editor; undefined: nothing, the browser may have it. */
export function keyCommand({ key, ctrlKey, metaKey, shiftKey, altKey }: Key): KeyCommand | undefined {
  const name = key.toLowerCase()
  const withControl = ctrlKey || metaKey
  const arrow = arrows[name]
  if (arrow !== undefined && !altKey) {
    const px = shiftKey || withControl ? leapPx : stepPx
    // the picture goes the other way than the eye
    const [dx, dy] = arrow.map((sign) => sign * px * (withControl ? -1 : 1)) as [number, number]
    return { type: withControl ? 'pan' : 'cursor', dx, dy }
  }
  if (altKey) return undefined
  if (!withControl) return plain[name]
  if (name === 'y' || (name === 'z' && shiftKey)) return { type: 'redo' }
  return name === 'z' ? { type: 'undo' } : undefined
}

/** The keys in words, for the help of the editor. */
export const keyHelp: readonly (readonly [keys: string, meaning: string])[] = [
  ['Arrow keys', 'move the cursor (with Shift: further)'],
  ['Space', 'paints at the cursor; held down, along its way. For a box: its two corners'],
  ['B E R H', 'brush, eraser, box, move'],
  ['[ ]', 'smaller, larger brush'],
  ['+ − 0', 'closer, farther, whole picture'],
  ['Ctrl + arrow keys', 'move the picture'],
  ['Ctrl Z, Ctrl Y', 'undo, redo'],
  ['I, Delete', 'invert, clear'],
  ['Esc', 'close'],
]
