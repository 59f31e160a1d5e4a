import type { CommandName } from '../contract/incoming.ts'
import { designKinds, type Growth } from '../contract/job.ts'
import { filled } from '../conversation/wordings.ts'
import { refuse } from '../language/refuse.ts'
import type { TextCommand } from './command-text.ts'
import { designWords } from './design-kinds.ts'
import { missingPicture } from './missing.ts'
import {
  drawingOptions,
  invalidOption,
  maskOptions,
  readOptions,
  scopeOptions,
  settingOptions,
  workOptions,
  type DrawingOptions,
} from './options.ts'
import { adminCommand } from './policy/admin-command.ts'
import { settingScopes } from './policy/scopes.ts'
import { parseGrowth, shapeIn, sidesIn } from './route-words/growth.ts'
import { ratioOf } from './route-words/numbers.ts'
import type { Route, RouteContext } from './route.ts'
import { isBlank } from './text-checks.ts'

/** What a command asks for. Throws AppError `input/*` for what it cannot take. */
export function commandRoute({ name, words, options }: TextCommand, context: RouteContext): Route {
  const told = name === 'illustrate' ? words : words.replaceAll(/\s+/g, ' ').trim() // a pasted text stays as it is
  return commandRoutes[name]({ words: told, options }, context)
}

type Words = Omit<TextCommand, 'name'>
type CommandRoute = (command: Words, context: RouteContext) => Route

const noSettings: DrawingOptions = { settings: {} }

const plain =
  (kind: 'recipe' | 'help' | 'cancel' | 'branch' | 'compare' | 'export'): CommandRoute =>
  ({ options }, context) => {
    readOptions(options, [], context.options)
    return { kind }
  }

const step =
  (kind: 'undo' | 'redo'): CommandRoute =>
  ({ words, options }, context) => {
    readOptions(options, [], context.options)
    const steps = isBlank(words) ? 1 : Number(words)
    if (!(Number.isInteger(steps) && steps >= 1)) throw invalidOption(kind, words, { type: 'steps' })
    return { kind, steps }
  }

/** Work on a picture, in the person's words. */
const work =
  (
    kind: 'edit' | 'restyle' | 'inpaint' | 'restore' | 'variations' | 'subject' | 'control',
    allowed: readonly string[],
    wants?: 'editNeedsWords' | 'subjectNeedsWords' | 'controlNeedsWords',
  ): CommandRoute =>
  ({ words, options }, context) => {
    const drawing = readOptions(options, allowed, context.options)
    needPicture(context, `/${kind}`)
    if (wants !== undefined && isBlank(words)) throw refuse('input/empty', wants)
    return { kind, words, drawing }
  }

const seedAndSettings = ['seed', 'mllm', 't2i', 'lora']

const commandRoutes: Readonly<Record<CommandName, CommandRoute>> = {
  imagine({ words, options }, context) {
    const drawing = readOptions(options, drawingOptions, context.options)
    if (isBlank(words)) throw refuse('input/empty', 'imagineNeedsWish')
    return { kind: 'imagine', wish: words, drawing }
  },
  describe({ words, options }, context) {
    readOptions(options, [], context.options)
    needPicture(context, '/describe')
    return { kind: 'chat', text: isBlank(words) ? context.wordings.describe : words, drawing: noSettings }
  },
  similar({ words, options }, context) {
    const drawing = readOptions(options, drawingOptions, context.options)
    needPicture(context, '/similar')
    const text = isBlank(words) ? context.wordings.similar : `${context.wordings.similar} ${words}`
    return { kind: 'chat', text, drawing }
  },
  edit: work(
    'edit',
    [
      ...workOptions.filter((name) => name !== 'count'),
      ...['strength', 'engine', 'confirm', 'restore', 'source', 'weights'],
      ...maskOptions,
    ],
    'editNeedsWords',
  ),
  restyle: work('restyle', [...workOptions, 'strength']),
  variations: work('variations', [...seedAndSettings, 'count', 'strength', 'steps', 'guidance', 'sampler']),
  inpaint: work('inpaint', [...workOptions, 'inpaint-model', 'strength', 'restore', ...maskOptions]),
  outpaint({ words, options }, context) {
    const { ratio, ...rest } = options
    const allowed = [...workOptions, 'inpaint-model', 'restore', 'left', 'top', 'right', 'bottom', 'all', 'ratio']
    const drawing = readOptions(rest, allowed, context.options)
    needPicture(context, '/outpaint')
    return outpaintRoute(words, drawing, ratio === undefined || ratio === '' ? undefined : readRatio(String(ratio)))
  },
  restore({ words, options }, context) {
    const drawing = readOptions(options, ['seed', 'scale'], context.options)
    needPicture(context, '/restore')
    if (drawing.scale !== undefined && ![1, 2, 4].includes(drawing.scale))
      throw invalidOption('scale', drawing.scale, { type: 'scale' })
    return { kind: 'restore', words, drawing }
  },
  subject: work('subject', [...drawingOptions, 'scale'], 'subjectNeedsWords'),
  control: work('control', [...drawingOptions, 'scale', 'preprocess', 'start', 'end'], 'controlNeedsWords'),
  story({ words, options }, context) {
    const drawing = readOptions(options, [...withoutCount, 'pages'], context.options)
    if (isBlank(words)) throw refuse('input/empty', 'storyNeedsTopic')
    const { pages } = drawing
    const title = words.trim()
    const asked = filled(context.wordings.story, { topic: title, pages: pages ?? usualPages })
    return { kind: 'story', words: asked, title, ...(pages === undefined ? {} : { pages }), drawing }
  },
  illustrate({ words, options }, context) {
    const drawing = readOptions(options, [...withoutCount, 'pictures'], context.options)
    if (isBlank(words)) throw refuse('input/empty', 'illustrateNeedsText')
    return { kind: 'illustrate', text: words, pictures: drawing.pictures ?? usualPages, drawing }
  },
  design({ words, options }, context) {
    const drawing = readOptions(options, [...drawingOptions, 'kind'], context.options)
    const { design, topic } = designWords(words, drawing.design)
    if (design === undefined) throw refuse('input/empty', 'designNeedsKind', { kinds: designKinds.join(', ') })
    if (isBlank(topic)) throw refuse('input/empty', 'designNeedsTopic')
    return {
      kind: 'design',
      design: design.kind,
      words: filled(context.wordings.design, { kind: design.named, topic }),
      drawing,
    }
  },
  settings({ words, options }, context) {
    const { settings: change, scope = 'thread' } = readOptions(
      options,
      [...settingOptions, ...scopeOptions],
      context.options,
    )
    if (scope === 'server') throw invalidOption('for', scope, { type: 'names', names: settingScopes.join(', ') })
    if (words === 'reset') return { kind: 'settings', change: 'reset', scope }
    return { kind: 'settings', scope, ...(Object.keys(change).length > 0 ? { change } : {}) }
  },
  cancel: plain('cancel'),
  undo: step('undo'),
  redo: step('redo'),
  branch: plain('branch'),
  compare: plain('compare'),
  recipe: plain('recipe'),
  export: plain('export'),
  forget({ words, options }, context) {
    const { confirm } = readOptions(options, ['confirm'], context.options).settings
    return { kind: 'forget', confirmed: confirm ?? /^(yes|是|确认)$/i.test(words) }
  },
  admin: ({ words, options }, context) => ({ kind: 'admin', command: adminCommand(words, options, context.options) }),
  help: plain('help'),
}

/** Pages of a story, and pictures of a text, when nothing is said. */
export const usualPages = 3
const withoutCount = drawingOptions.filter((name) => name !== 'count')

function readRatio(text: string): number {
  const ratio = ratioOf(text)
  if (ratio === undefined) throw invalidOption('ratio', text, { type: 'ratio', most: 10 })
  return ratio
}

/** Sides come from the options, or from words that name them; other words say what is to be seen there. */
function outpaintRoute(words: string, drawing: DrawingOptions, ratio: number | undefined): Route {
  const { left, top, right, bottom } = drawing
  const sides = Object.entries({ left, top, right, bottom }).filter(([, amount]) => amount !== undefined)
  const said: Growth | undefined =
    ratio !== undefined ? { ratio } : sides.length > 0 ? { sides: Object.fromEntries(sides) } : undefined
  if (said) return { kind: 'outpaint', growth: said, words, drawing }
  const namesSides = sidesIn(words).length > 0 || shapeIn(words) !== undefined
  return { kind: 'outpaint', growth: parseGrowth(words), words: namesSides ? '' : words, drawing }
}

export function needPicture({ hasPicture }: Pick<RouteContext, 'hasPicture'>, command: string): void {
  if (!hasPicture) throw missingPicture(command)
}
