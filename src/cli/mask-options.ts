import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { kindOfFile } from '../bot/model-pictures.ts'
import { parseBoxes, parseCells } from '../bot/stored-mask.ts'
import { AppError } from '../contract/errors.ts'
import type { Point } from '../contract/inference.ts'
import type { StoredMaskShape } from '../contract/job.ts'
import { decodeImage } from '../image/decode.ts'
import { binarize, toGrey } from '../image/mask.ts'
import { encodeGreyPng } from '../image/png.ts'
import type { PixelSize } from '../image/vae-preprocess.ts'
import { inputLimits } from '../pipelines/input-picture.ts'

/** Options of a mask as commander gives them. */
export interface MaskFlags {
  readonly mask?: string
  readonly alpha?: boolean
  readonly box?: readonly string[]
  readonly stroke?: readonly string[]
  readonly cells?: string
  readonly grow?: string
  readonly feather?: string
  readonly invert?: boolean
  readonly saveMask?: string
}

export const maskHelp = `
A mask says what is drawn anew. Lengths are pixels (40), shares (0.25) or percent (25%) of the picture:
  --mask FILE                 a picture of the same shape, white where it is to be drawn anew
  --alpha                     where the picture itself is transparent
  --box 10%,20%,30%,30%       left, top, width, height; may be repeated
  --stroke "40,40 80,60:12"   a brush stroke through points, with its radius; may be repeated
  --cells 3x3:0,1,4           cells of a grid (columns x rows), counted from 0 along the rows`

/** Adds what says a mask. */
export const addMaskFlags = (command: Command): Command =>
  command
    .option('--mask <file>', 'a mask picture: white is drawn anew')
    .option('--alpha', 'the transparent parts of the picture are drawn anew')
    .option('--box <x,y,w,h>', 'a box to draw anew; may be repeated', collect)
    .option('--stroke <points:radius>', 'a brush stroke to draw anew; may be repeated', collect)
    .option('--cells <grid:list>', 'cells of a grid to draw anew, such as 3x3:0,1,4')
    .option('--grow <px>', 'make the mask larger by so many pixels')
    .option('--feather <px>', "soften the mask's border over so many pixels")
    .option('--invert', 'keep what is marked, draw the rest anew')
    .option('--save-mask <file>', 'write the mask that was used (replay asks for it)')

export const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]

/** A mask of the command line: a file that goes along, or options of the bot's command. */
export interface SaidMask {
  readonly file?: { readonly name: string; readonly bytes: Uint8Array }
  readonly options: Readonly<Record<string, string | boolean>>
}

/**
 * What the flags mean for a picture of `size` pixels (as seen: after its EXIF turning). Throws AppError
 * `input/invalid-option`, `input/not-found`, `image/*`.
 */
export async function readMaskFlags(flags: MaskFlags, size: PixelSize): Promise<SaidMask> {
  const { mask, alpha, box = [], stroke = [], cells, grow, feather, invert } = flags
  const shapes: StoredMaskShape[] = [
    ...(alpha ? [{ type: 'alpha' as const }] : []),
    ...box.map((text) => boxOf(text, size)),
    ...(stroke.length > 0 ? [{ type: 'strokes' as const, strokes: stroke.map((text) => strokeOf(text, size)) }] : []),
    ...(cells === undefined ? [] : [cellsOf(cells)]),
  ]
  if (mask !== undefined && shapes.length > 0)
    throw invalid('a mask file was given together with a box, stroke, cells or --alpha', 'Give the mask in one way.')
  const edges = { ...(grow && { grow }), ...(feather && { feather }), ...(invert && { invert }) }
  if (mask !== undefined) return { file: await maskFile(mask), options: edges }
  return { options: shapes.length === 0 ? edges : { mask: JSON.stringify({ shapes }), ...edges } }
}

/** The file in black and white, as the bot tells masks from pictures. */
async function maskFile(file: string): Promise<{ name: string; bytes: Uint8Array }> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new AppError('input/not-found', {
      message: `the mask ${file} cannot be read`,
      hint: 'Check the path.',
      cause,
    })
  })
  const grey = binarize(toGrey(await decodeImage(bytes, { limits: inputLimits })))
  const png = await encodeGreyPng(grey)
  if ((await kindOfFile(png)) === 'mask') return { name: 'mask.png', bytes: png }
  throw new AppError('input/empty', {
    message: `the mask ${file} marks nothing, next to nothing, or everything`,
    hint: 'White (125 of 255 and more) is drawn anew, black is kept; a small spot is easier said with --box.',
  })
}

function boxOf(text: string, size: PixelSize): StoredMaskShape {
  const sides = text.split(',').map((part, i) => shareOf(part, i % 2 === 0 ? size.width : size.height))
  const box = sides.length === 4 ? parseBoxes(sides.map((side) => String(round(side))).join(',')) : undefined
  if (box) return box
  throw invalid(`"${text}" is no box inside the picture`, 'Give LEFT,TOP,WIDTH,HEIGHT, such as --box 10%,20%,30%,30%.')
}

function strokeOf(text: string, size: PixelSize) {
  const [path = '', thickness = '', ...more] = text.split(':')
  const shortSide = Math.min(size.width, size.height)
  const radius = shareOf(thickness, shortSide)
  const points = path
    .trim()
    .split(/\s+/)
    .map((pair): Point => {
      const [x = '', y = '', ...rest] = pair.split(',')
      return rest.length > 0 ? [NaN, NaN] : [shareOf(x, size.width), shareOf(y, size.height)]
    })
  if (more.length === 0 && radius > 0 && points.flat().every(Number.isFinite)) return { points, radius }
  throw invalid(`"${text}" is no brush stroke`, 'Give points and a radius: --stroke "10%,20% 50%,60%:8%".')
}

function cellsOf(text: string): StoredMaskShape {
  const cells = parseCells(text)
  if (cells) return cells
  throw invalid(`"${text}" names no cells of a grid`, 'Give COLUMNSxROWS:CELLS, such as --cells 3x3:0,1,4.')
}

/** `25%` and numbers up to 1 are shares; larger numbers are pixels of `length`. NaN for what is neither. */
function shareOf(text: string, length: number): number {
  const found = /^(\d+(?:\.\d+)?|\.\d+)(%|px)?$/.exec(text.trim())
  if (!found) return NaN
  const value = Number(found[1])
  if (found[2] === '%') return value / 100
  return found[2] === 'px' || value > 1 ? value / length : value
}

const round = (share: number): number => (Number.isNaN(share) ? NaN : Math.round(share * 1e6) / 1e6)

const invalid = (message: string, hint: string) => new AppError('input/invalid-option', { message, hint })
