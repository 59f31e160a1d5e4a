import { z } from 'zod'
import type { MaskSpec } from '../contract/inference.ts'
import type { StoredMask, StoredMaskShape } from '../contract/job.ts'
import { refuse } from '../language/refuse.ts'

/** Far more than a hand draws; what is beyond is no drawing. */
const maxItems = 20_000

const share = z.number().min(-1).max(2)
const stroke = z.object({
  points: z
    .array(z.tuple([share, share]))
    .min(1)
    .max(maxItems),
  radius: z.number().gt(0).max(1),
  erase: z.boolean().exactOptional(),
})
const box = z.object({ x: share, y: share, width: z.number().gt(0).max(2), height: z.number().gt(0).max(2) })
const cells = z.object({
  type: z.literal('cells'),
  columns: z.int().min(1).max(64),
  rows: z.int().min(1).max(64),
  cells: z.array(z.int().min(0)).min(1).max(4096),
})
const shape = z.discriminatedUnion('type', [
  z.object({ type: z.literal('strokes'), strokes: z.array(stroke).min(1).max(maxItems) }),
  z.object({ type: z.literal('boxes'), boxes: z.array(box).min(1).max(1000) }),
  cells.refine(
    (grid) => grid.cells.every((cell) => cell < grid.columns * grid.rows),
    'a cell lies outside of the grid',
  ),
  z.object({ type: z.literal('alpha') }),
])
const pixels = z.number().min(0).max(1024).exactOptional()
const spec = z.object({
  shapes: z.array(shape).min(1).max(1000),
  grow: pixels,
  feather: pixels,
  invert: z.boolean().exactOptional(),
})

/**
 * A mask that a form or a program sends as JSON: a whole mask, its shapes, one shape, or brush strokes alone.
 * Throws AppError `input/invalid-option`.
 */
export function parseMaskJson(text: string): StoredMask {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw refuse('input/invalid-option', 'maskNotJson')
  }
  const parsed = spec.safeParse(wholeMask(json))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw maskError(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`)
}

function wholeMask(json: unknown): unknown {
  if (!Array.isArray(json)) return isObject(json) && 'shapes' in json ? json : { shapes: [json] }
  const areStrokes = json.every((item) => isObject(item) && 'points' in item)
  return { shapes: areStrokes ? [{ type: 'strokes', strokes: json as unknown[] }] : (json as unknown[]) }
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

const maskError = (why: string) => refuse('input/invalid-option', 'badMask', { why })

/** `10%,20%,30%,40%; 0.5,0,0.5,1`: x, y, width and height of boxes in shares. Undefined for anything else. */
export function parseBoxes(text: string): StoredMaskShape | undefined {
  const boxes = text.split(/\s*;\s*/).filter((part) => part !== '')
  const read = boxes.map((part) => part.split(/\s*[,\s]\s*/).map(shareOf))
  const isSound = read.every((values) => values.length === 4 && values.every((value) => value >= 0 && value <= 1))
  if (read.length === 0 || !isSound) return undefined
  return {
    type: 'boxes',
    boxes: read.map(([x = 0, y = 0, width = 0, height = 0]) => ({ x, y, width, height })),
  }
}

const shareOf = (text: string): number =>
  /^\d+(\.\d+)?%$/.test(text)
    ? Number(text.slice(0, -1)) / 100
    : /^(\d+(\.\d+)?|\.\d+)$/.test(text)
      ? Number(text)
      : NaN

/** `3x3:0,1,4`: columns and rows of a grid, and cells of it, from 0 along the rows. Undefined for anything else. */
export function parseCells(text: string): StoredMaskShape | undefined {
  const found = /^\s*(\d+)\s*[x×]\s*(\d+)\s*:\s*([\d,\s]+)$/.exec(text)
  if (!found) return undefined
  const read = shape.safeParse({
    type: 'cells',
    columns: Number(found[1]),
    rows: Number(found[2]),
    cells: found[3]!
      .split(/[,\s]+/)
      .filter((cell) => cell !== '')
      .map(Number),
  })
  return read.success ? read.data : undefined
}

/** The mask with the bytes of its drawn shapes, as a request takes it. */
export async function loadMask(
  { shapes, ...rest }: StoredMask,
  load: (sha256: string) => Promise<Uint8Array>,
): Promise<MaskSpec> {
  const loaded = shapes.map(async (one) =>
    one.type === 'image' ? { type: one.type, image: await load(one.sha256) } : one,
  )
  return { ...rest, shapes: await Promise.all(loaded) }
}

/** A mask that was drawn as a picture. */
export const drawnMask = (sha256: string): StoredMask => ({ shapes: [{ type: 'image', sha256 }] })
