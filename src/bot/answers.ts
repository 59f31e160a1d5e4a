import type { ImageNode, ThreadSettings } from '../contract/conversation.ts'
import type { Recipe } from '../contract/recipe.ts'
import type { Sentences } from '../language/sentences.ts'

/** The thread's own settings, one a line. */
export function settingsText({ answers }: Sentences, settings: ThreadSettings): string {
  const given = Object.keys(settings) as (keyof ThreadSettings)[]
  const names = [...given.filter((name) => name !== 'loras'), 'loras' as const]
  const lines = names.flatMap((name) => {
    const value = settingValue(answers, settings, name)
    return value === undefined ? [] : [answers.line(answers.settingNames[name], value)]
  })
  return lines.length > 0 ? [answers.settings, ...lines].join('\n') : answers.defaults
}

/** A setting's value as people read it; undefined for one that says nothing. */
export function settingValue(
  { on, off }: Pick<Sentences['answers'], 'on' | 'off'>,
  settings: ThreadSettings,
  name: keyof ThreadSettings,
): string | undefined {
  const { loras = [] } = settings
  if (name === 'loras') return loras.length > 0 ? lorasText(loras) : undefined
  const value = settings[name]
  if (typeof value === 'boolean') return value ? on : off
  return value === undefined ? undefined : String(value)
}

const lorasText = (loras: NonNullable<Recipe['loras']> | NonNullable<ThreadSettings['loras']>): string =>
  loras.map(({ name, weight }) => `${name}:${weight}`).join(', ')

/** How a picture was made, as an answer. */
export const recipeAnswer = ({ recipe }: ImageNode) => ({
  question: '/recipe',
  text: (sentences: Sentences) => recipeText(sentences, recipe),
})

/** A recipe as people read it. Without one the picture was uploaded. */
export function recipeText({ answers }: Sentences, recipe: Recipe | undefined): string {
  const words = answers.recipe
  if (!recipe) return words.uploaded
  const { operation, edit, sides, restore, subject, control, loras, variation } = recipe
  const model = recipe.models['t2i'] ?? Object.values(recipe.models)[0]
  const isRestored = operation === 'restore'
  const lines: readonly (readonly [keyof typeof words.names, string | number | undefined])[] = [
    ['operation', operation === 'text-to-image' ? undefined : words.operations[operation]],
    ['wish', recipe.wish],
    ['prompt', recipe.prompt === '' ? undefined : recipe.prompt],
    ['promptBefore', edit?.sourcePrompt],
    ['negativePrompt', recipe.negativePrompt === '' ? undefined : recipe.negativePrompt],
    ['seed', recipe.index === 0 ? recipe.seed : words.seedOf(recipe.seed, recipe.index + 1)],
    ['variation', variation && words.variation(variation.seed, variation.strength)],
    ['strength', recipe.strength],
    ['engine', edit?.engine],
    ['grown', sides && words.grown(sides.left, sides.top, sides.right, sides.bottom)],
    ['restored', restore ? words.restored(restore.scale) : undefined],
    ['subject', subject && words.subject(subject.scale)],
    ['outlines', control && words.outlines(control.preprocess, control.scale)],
    ['loras', loras && loras.length > 0 ? lorasText(loras) : undefined],
    ['sampler', isRestored ? undefined : recipe.sampler],
    ['steps', isRestored ? undefined : recipe.steps],
    ['guidance', isRestored ? undefined : recipe.guidanceScale],
    ['size', `${recipe.width}x${recipe.height}`],
    ['model', model && words.model(model.name, model.sha256.slice(0, 12))],
  ]
  return lines
    .flatMap(([name, value]) => (value === undefined ? [] : [answers.line(words.names[name], String(value))]))
    .join('\n')
}
