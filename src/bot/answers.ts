import type { ThreadSettings } from '../contract/conversation.ts'
import type { Recipe } from '../contract/recipe.ts'

/** Answers that need no model. */
export const helpText = [
  'Write what you would like to see, ask about a picture, or send one.',
  '/imagine WISH draws it; options: --seed N, --steps N, --guidance N, --negative WORDS, --count 1-4, --size WxH, --ratio 16:9, --sampler NAME, --style NAME, --raw (draw the words as they are).',
  '/describe tells what the picture shows; /similar draws one like it.',
  '/settings shows or sets the same options for this thread (/settings reset clears them).',
  '/recipe shows how the picture was made; /undo takes back the last exchange; /cancel stops what is going on.',
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
}

/** The thread's own settings, one a line. */
export function settingsText(settings: ThreadSettings): string {
  const lines = Object.entries(settings).map(([key, value]) => `${settingNames[key as keyof ThreadSettings]}: ${value}`)
  return lines.length > 0 ? ['Settings of this thread:', ...lines].join('\n') : 'This thread uses the default settings.'
}

/** A recipe as people read it. Without one the picture was uploaded. */
export function recipeText(recipe: Recipe | undefined): string {
  if (!recipe) return 'This picture was uploaded; it has no recipe.'
  const model = recipe.models['t2i'] ?? Object.values(recipe.models)[0]
  const lines: readonly (readonly [string, string | number | undefined])[] = [
    ['Wish', recipe.wish],
    ['Prompt', recipe.prompt],
    ['Negative prompt', recipe.negativePrompt === '' ? undefined : recipe.negativePrompt],
    ['Seed', recipe.index === 0 ? recipe.seed : `${recipe.seed} (picture ${recipe.index + 1} of its request)`],
    ['Variation', recipe.variation && `seed ${recipe.variation.seed}, strength ${recipe.variation.strength}`],
    ['Sampler', recipe.sampler],
    ['Steps', recipe.steps],
    ['Guidance', recipe.guidanceScale],
    ['Size', `${recipe.width}x${recipe.height}`],
    ['Model', model && `${model.name} (sha256 ${model.sha256.slice(0, 12)}…)`],
  ]
  return lines.flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`])).join('\n')
}
