import type { ImageNode, ThreadSettings } from '../contract/conversation.ts'
import type { Recipe } from '../contract/recipe.ts'

/** Answers that need no model. */
export const helpText = [
  'Write what you would like to see, ask about a picture, or send one; then say what should change.',
  '/imagine WISH draws it; options: --seed N, --steps N, --guidance N, --negative WORDS, --count 1-4, --size WxH, --ratio 16:9, --sampler NAME, --style NAME, --lora NAME:WEIGHT, --raw (draw the words as they are).',
  '/describe tells what the picture shows; /similar draws one like it; /variations draws some near it.',
  '/edit WORDS changes the picture: --strength 0-1, --engine p2p or ledits, --confirm (show it first), --weights fox:1.5.',
  '/inpaint WORDS draws the marked part anew: mark it with Inpaint…, with a second picture that is white there, with transparent pixels, --boxes 10%,20%,30%,30% or --cells 3x3:4; --grow, --feather, --invert.',
  '/outpaint right, /outpaint 16:9 or --left 25% --top 64 extends it; /restore --scale 1, 2 or 4 mends or enlarges it.',
  '/restyle WORDS draws it over (--strength); /subject WISH draws its subject elsewhere; /control WISH draws along its outlines.',
  '/story TOPIC --pages 3, /illustrate TEXT --pictures 3, /design logo for a flower shop: texts with pictures.',
  '/settings shows or sets options for this thread (/settings reset clears them).',
  '/undo, /redo, /branch (go on from an older picture), /compare, /recipe; /cancel stops what is going on.',
].join('\n')

const settingNames: Readonly<Record<keyof ThreadSettings, string>> = {
  steps: 'steps',
  guidanceScale: 'guidance',
  sampler: 'sampler',
  negativePrompt: 'negative',
  width: 'width',
  height: 'height',
  count: 'count',
  style: 'style',
  raw: 'raw',
  confirm: 'confirm',
  engine: 'engine',
  strength: 'strength',
  restore: 'restore',
  loras: 'lora',
  mllm: 'mllm',
  t2i: 't2i',
  inpaint: 'inpaint-model',
  language: 'language',
  spoiler: 'spoiler',
}

/** The thread's own settings, one a line. */
export function settingsText({ loras, ...settings }: ThreadSettings): string {
  const named = loras && loras.length > 0 ? { loras: lorasText(loras) } : {}
  const entries = Object.entries({ ...settings, ...named })
  const lines = entries.map(([key, value]) => `${settingNames[key as keyof ThreadSettings]}: ${String(value)}`)
  return lines.length > 0 ? ['Settings of this thread:', ...lines].join('\n') : 'This thread uses the default settings.'
}

const lorasText = (loras: NonNullable<Recipe['loras']> | NonNullable<ThreadSettings['loras']>): string =>
  loras.map(({ name, weight }) => `${name}:${weight}`).join(', ')

/** How a picture was made, as an answer. */
export const recipeAnswer = ({ recipe }: ImageNode) => ({ question: '/recipe', text: recipeText(recipe) })

/** A recipe as people read it. Without one the picture was uploaded. */
export function recipeText(recipe: Recipe | undefined): string {
  if (!recipe) return 'This picture was uploaded; it has no recipe.'
  const { operation, edit, sides, restore, subject, control, loras } = recipe
  const model = recipe.models['t2i'] ?? Object.values(recipe.models)[0]
  const lines: readonly (readonly [string, string | number | undefined])[] = [
    ['Made by', operation === 'text-to-image' ? undefined : operation],
    ['Wish', recipe.wish],
    ['Prompt', recipe.prompt === '' ? undefined : recipe.prompt],
    ['Prompt before', edit?.sourcePrompt],
    ['Negative prompt', recipe.negativePrompt === '' ? undefined : recipe.negativePrompt],
    ['Seed', recipe.index === 0 ? recipe.seed : `${recipe.seed} (picture ${recipe.index + 1} of its request)`],
    ['Variation', recipe.variation && `seed ${recipe.variation.seed}, strength ${recipe.variation.strength}`],
    ['Strength', recipe.strength],
    ['Engine', edit?.engine],
    ['Grown by', sides && `${sides.left} left, ${sides.top} top, ${sides.right} right, ${sides.bottom} bottom`],
    ['Restored', restore ? `x${restore.scale}` : undefined],
    ['Subject', subject && `scale ${subject.scale}`],
    ['Outlines', control && `${control.preprocess}, scale ${control.scale}`],
    ['LoRA', loras && loras.length > 0 ? lorasText(loras) : undefined],
    ['Sampler', operation === 'restore' ? undefined : recipe.sampler],
    ['Steps', operation === 'restore' ? undefined : recipe.steps],
    ['Guidance', operation === 'restore' ? undefined : recipe.guidanceScale],
    ['Size', `${recipe.width}x${recipe.height}`],
    ['Model', model && `${model.name} (sha256 ${model.sha256.slice(0, 12)}…)`],
  ]
  return lines.flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`])).join('\n')
}
