import type { Sides } from '../../contract/inference.ts'
import type { Growth, GrowthAmount } from '../../contract/job.ts'
import { pixelsOf, ratioOf, shareOf } from './numbers.ts'

type Side = keyof Sides

/** What a direction without an amount means, at one side and where both ends of a direction grow. */
const oneSide = 1 / 2
const bothEnds = 1 / 4

const sideWords: readonly (readonly [RegExp, readonly Side[]])[] = [
  [/\b(?:all|every|each) (?:sides?|around|directions?|edges?|ends?)\b|\ball (?:a)?round\b|四周|四边|各个方向|周围|上下左右/i, ['left', 'top', 'right', 'bottom']],
  [/\b(?:both|two) sides\b|\beither side\b|两边|两侧|左右/i, ['left', 'right']],
  [/\b(?:vertically|top and bottom)\b|上下/i, ['top', 'bottom']],
  [/\b(?:horizontally|sideways|sidewards)\b|横向/i, ['left', 'right']],
  [/\b(?:left|leftwards?|west)\b|左/i, ['left']],
  [/\b(?:right|rightwards?|east)\b|右/i, ['right']],
  [/\b(?:top|up|upwards?|above|north|overhead)\b|上/i, ['top']],
  [/\b(?:bottom|down|downwards?|below|underneath|beneath|south)\b|下/i, ['bottom']],
] // prettier-ignore

const shapes: readonly (readonly [RegExp, number])[] = [
  [/\bsquare\b|正方形|方形|方图/i, 1],
  [/\b(?:panoram\w*|banner)\b|全景|横幅/i, 3],
  [/\b(?:wide ?screen|desktop)\b|宽屏/i, 16 / 9],
  [/\b(?:landscape|horizontal)\b|横版|横向构图|横图/i, 3 / 2],
  [/\b(?:portrait|vertical)\b|竖版|竖图/i, 2 / 3],
  [/\b(?:phone|story|stories|reel|tiktok)\b|手机/i, 9 / 16],
]

const wider = /\b(?:wider|widen|broader)\b|\btwice as wide\b|宽/i
const taller = /\b(?:taller|higher|longer)\b|\btwice as (?:tall|high)\b|高/i

/** Every side named in a text, each once, without those that lie inside a longer name ("both sides" is not "left"). */
export function sidesIn(text: string): readonly Side[] {
  const whole = sideWords.slice(0, 4).find(([pattern]) => pattern.test(text))
  if (whole) return whole[1]
  return sideWords.slice(4).flatMap(([pattern, sides]) => (pattern.test(text) ? sides : []))
}

/** A shape that a text names: by numbers, or by a word such as "square". */
export const shapeIn = (text: string): number | undefined =>
  ratioOf(text) ?? shapes.find(([pattern]) => pattern.test(text))?.[1]

/** Reads "200px to the left and 100px at the top", "to the right by half", "16:9", "wider", "zoom out". */
export function parseGrowth(text: string): Growth {
  const pieces = text.split(/\s*(?:,|，|、|;|\band\b|和)\s*/i).filter((piece) => sidesIn(piece).length > 0)
  const amounts = pieces.map((piece) => amountIn(piece))
  if (pieces.length > 1 && amounts.filter((amount) => amount !== undefined).length > 1)
    return { sides: Object.assign({}, ...pieces.map((piece) => grown(sidesIn(piece), amountIn(piece)))) as SideAmounts }
  const sides = sidesIn(text)
  if (sides.length > 0) return { sides: grown(sides, amountIn(text)) }
  const ratio = shapeIn(text)
  if (ratio !== undefined) return { ratio }
  if (wider.test(text)) return { sides: grown(['left', 'right'], halved(amountIn(text))) }
  if (taller.test(text)) return { sides: grown(['top', 'bottom'], halved(amountIn(text))) }
  return { sides: grown(['left', 'top', 'right', 'bottom'], halved(amountIn(text))) }
}

type SideAmounts = Readonly<Partial<Record<Side, GrowthAmount>>>

function amountIn(text: string): GrowthAmount | undefined {
  const pixels = pixelsOf(text)
  if (pixels !== undefined) return { pixels }
  const share = shareOf(text)
  return share === undefined ? undefined : { share }
}

const halved = (amount: GrowthAmount | undefined): GrowthAmount | undefined =>
  amount && ('pixels' in amount ? { pixels: amount.pixels / 2 } : { share: amount.share / 2 })

function grown(sides: readonly Side[], amount: GrowthAmount | undefined): SideAmounts {
  const usual = { share: sides.length > 1 ? bothEnds : oneSide }
  return Object.fromEntries(sides.map((side) => [side, amount ?? usual]))
}

/** Pixels to add to each side of a picture of `width` x `height`, whole numbers. All 0 where the ratio is met already. */
export function growthSides(growth: Growth, { width, height }: { width: number; height: number }): Sides {
  if ('ratio' in growth) return towardsRatio(growth.ratio, width, height)
  const pixels = (side: Side, length: number) => {
    const amount = growth.sides[side]
    return amount === undefined ? 0 : Math.round('pixels' in amount ? amount.pixels : amount.share * length)
  }
  return {
    left: pixels('left', width),
    top: pixels('top', height),
    right: pixels('right', width),
    bottom: pixels('bottom', height),
  }
}

function towardsRatio(ratio: number, width: number, height: number): Sides {
  const across = Math.max(0, Math.round(height * ratio) - width)
  const down = across > 0 ? 0 : Math.max(0, Math.round(width / ratio) - height)
  return {
    left: Math.floor(across / 2),
    top: Math.floor(down / 2),
    right: Math.ceil(across / 2),
    bottom: Math.ceil(down / 2),
  }
}
