import type { Command } from 'commander'
import { collect } from './mask-options.ts'

/** Flags of drawings: the bot checks their values, so that every platform gives the same answer. */
const flags = {
  seed: ['--seed <n>', 'the same seed and options draw the same picture (default: a new one)'],
  steps: ['--steps <n>', 'sampler steps'],
  guidance: ['--guidance <scale>', 'how closely the prompt is followed'],
  negative: ['--negative <words>', 'what to avoid'],
  count: ['--count <n>', '1 to 4 pictures; the second goes to NAME-2.png and so on'],
  size: ['--size <WxH>', 'size in pixels, such as 128x128'],
  ratio: ['--ratio <W:H>', 'shape, such as 3:2'],
  sampler: ['--sampler <name>', 'ddim, pndm, euler-a, dpmpp-2m-karras, unipc, lcm and others; a wrong name lists them'],
  style: ['--style <name>', 'a style preset'],
  raw: ['--raw', "take the words as they are, without the language model's refinement"],
  lora: ['--lora <name:weight>', 'add a LoRA, such as blueprint:0.8; may be repeated'],
  strength: ['--strength <0..1>', 'how much is changed'],
  engine: ['--engine <name>', 'p2p (direct-inversion-p2p) or ledits'],
  source: ['--source <words>', 'what the picture shows (default: the language model says it)'],
  weights: ['--weights <word:weight,...>', 'how much words of the new prompt count, such as blue:2'],
  restore: ['--no-restore', 'do not let DiffRIR go over the border'],
  subjectScale: ['--scale <0..4>', 'how strongly the subject shows (default: 1)'],
  controlScale: ['--scale <0..4>', 'how strictly the outlines are followed (default: 1)'],
  restoreScale: ['--scale <1|2|4>', 'enlarge so many times (default: 1, at its own size)'],
  preprocess: ['--preprocess <name>', 'canny: draw the edges of the picture first; as-is: it holds them already'],
  start: ['--start <0..1>', 'share of the steps at which the outlines begin to count'],
  end: ['--end <0..1>', 'share of the steps at which they cease to count'],
  left: ['--left <amount>', 'grow to the left, by pixels (64) or a share (25%)'],
  right: ['--right <amount>', 'grow to the right'],
  top: ['--top <amount>', 'grow at the top'],
  bottom: ['--bottom <amount>', 'grow at the bottom'],
  all: ['--all <amount>', 'grow at every side'],
  toRatio: ['--ratio <W:H>', 'grow until the picture has this shape, such as 16:9'],
  pages: ['--pages <n>', 'so many pages, 1 to 12'],
  pictures: ['--pictures <n>', 'at most so many pictures, 1 to 12'],
} as const
export type FlagName = keyof typeof flags

/** Those of every drawing. */
export const drawingFlags = ['seed', 'steps', 'guidance', 'negative', 'sampler', 'style', 'raw', 'lora'] as const

export function addFlags(command: Command, names: readonly FlagName[]): Command {
  for (const name of names) {
    const [usage, description] = flags[name]
    if (name === 'lora') command.option(usage, description, collect)
    else command.option(usage, description)
  }
  return command
}

/** Option values as commander gives them. */
export type FlagValues = Readonly<Record<string, string | boolean | readonly string[] | undefined>>

/** The options of the bot's command: lists with commas, and without what was not said. */
export function botOptions(values: FlagValues): Readonly<Record<string, string | boolean>> {
  const said = Object.entries(values).filter(([name, value]) => value !== undefined && !(name === 'restore' && value))
  return Object.fromEntries(
    said.map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : (value as string | boolean)]),
  )
}
