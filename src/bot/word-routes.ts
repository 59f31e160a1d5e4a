import { routeNames, type RouteName } from '../contract/job.ts'
import { needPicture, usualPages } from './command-routes.ts'
import { classify, needsPicture } from './route-words/classify.ts'
import type { Classified } from './route-words/routes.ts'
import { plain } from './route-words/units.ts'
import type { ModelRoute, Route, RouteContext, Routed } from './route.ts'
import { sizeOfRatio } from './option-specs.ts'

/** Pictures of a request at most. */
const maxCount = 4
const maxPages = 12

/** What words without a command ask for. Throws AppError `input/not-found` for work on a picture that is not there. */
export function wordRoute(text: string, hasAttachment: boolean, context: RouteContext): Route {
  const { hasPicture, hasMask } = context
  const verdict = classify(text, { hasPicture, hasMask, hasAttachment })
  const others = verdict.others.filter((route) => isOffered(route, context))
  if (!verdict.sure) {
    const unsure = [...new Set([verdict.route, ...others])].filter(
      (route) => route !== 'chat' && isOffered(route, context),
    )
    return chat(text, unsure.length > 0 ? { chosen: 'chat', others: unsure as RouteName[] } : undefined)
  }
  const routed = routedOf(verdict.route, others as RouteName[], context)
  return routeOf(verdict, text, context, routed)
}

/** What words mean by a route that the person chose with a button: as the rules read them, or as they are. */
export function chosenRoute(route: RouteName, text: string, context: RouteContext): ModelRoute {
  const verdict = classify(text, { hasPicture: context.hasPicture, hasMask: context.hasMask, hasAttachment: false })
  const routed = routedOf(route, [], context)
  const parsed = verdict.route === route ? verdict : plainVerdict(route, text)
  return routeOf(parsed, text, context, routed) as ModelRoute
}

/** The buttons beside a route: what it was taken for instead of, and the plain answer. */
function routedOf(
  chosen: Classified['route'],
  others: readonly RouteName[],
  { hasPicture }: RouteContext,
): Routed | undefined {
  const name = routeNames.find((one) => one === chosen)
  if (!name) return undefined
  if (name === 'chat' || name === 'describe') return others.length > 0 ? { chosen: name, others } : undefined
  const usual: readonly RouteName[] =
    hasPicture && name !== 'imagine' ? ['imagine', 'chat'] : hasPicture ? ['edit', 'chat'] : ['chat']
  return { chosen: name, others: [...new Set([...others, ...usual])].filter((one) => one !== name) }
}

const isOffered = (route: Classified['route'], { hasPicture, hasMask }: RouteContext): boolean =>
  (routeNames as readonly string[]).includes(route) &&
  (hasPicture || !needsPicture(route)) &&
  (hasMask || route !== 'inpaint') &&
  route !== 'again'

const settings = { settings: {} }
const chat = (text: string, routed?: Routed): Route => ({
  kind: 'chat',
  text,
  drawing: settings,
  ...(routed ? { routed } : {}),
})

/** A route without anything read out of the words. */
function plainVerdict(route: RouteName, text: string): Classified {
  const parsed: Partial<Record<RouteName, object>> = {
    imagine: { wish: text },
    edit: { instruction: text },
    inpaint: { instruction: text },
    outpaint: {
      growth: {
        sides: { left: { share: 0.25 }, top: { share: 0.25 }, right: { share: 0.25 }, bottom: { share: 0.25 } },
      },
    },
    variations: { words: '' },
    similar: { words: '' },
    story: { topic: text },
    illustrate: { text },
    design: { kind: 'poster', brief: text },
    subject: { wish: text },
    control: { wish: text },
    again: { change: '' },
  }
  return { route, parsed: parsed[route] ?? {}, sure: true, rule: 'chosen', others: [] } as unknown as Classified
}

/** The end of a message that the rules found, in the signs that the person typed (theirs are plain, one for one). */
const asWritten = (text: string, found: string): string =>
  found !== '' && plain(text).endsWith(found) ? text.slice(-found.length) : found || text

const countOf = (count: number | undefined) =>
  count === undefined ? {} : { count: Math.min(maxCount, Math.max(1, Math.round(count))) }

function routeOf(verdict: Classified, text: string, context: RouteContext, routed: Routed | undefined): Route {
  const said = routed ? { routed } : {}
  if (needsPicture(verdict.route)) needPicture(context, 'that')
  switch (verdict.route) {
    case 'chat':
      return chat(text, routed)
    case 'describe':
      return chat(text === '' ? context.wordings.describe : text, routed)
    case 'similar': {
      const { words } = verdict.parsed
      return chat(words === '' ? context.wordings.similar : text, routed)
    }
    case 'imagine': {
      const { wish, ratio, count } = verdict.parsed
      const size = ratio === undefined ? {} : sizeOfRatio(Math.min(4, Math.max(1 / 4, ratio)), context.options)
      const drawing = { settings: { ...size, ...countOf(count) } }
      // without a picture there is no talk that could mislead the model: it gets the person's own words
      return context.hasPicture
        ? { kind: 'imagine', wish, bare: true, drawing, ...said }
        : { kind: 'chat', text, drawing }
    }
    case 'edit': {
      const { instruction, strength } = verdict.parsed
      const steps = strength === undefined ? {} : { strengthSteps: strength }
      return { kind: 'edit', words: instruction, drawing: settings, ...steps, ...said }
    }
    case 'inpaint':
      return { kind: 'inpaint', words: verdict.parsed.instruction, drawing: settings, ...said }
    case 'outpaint':
      return { kind: 'outpaint', words: '', growth: verdict.parsed.growth, drawing: settings, ...said }
    case 'restore': {
      const { scale } = verdict.parsed
      return {
        kind: 'restore',
        words: text,
        drawing: { ...settings, ...(scale === undefined ? {} : { scale }) },
        ...said,
      }
    }
    case 'variations': {
      const { count } = verdict.parsed
      return { kind: 'variations', words: text, drawing: { settings: countOf(count) }, ...said }
    }
    case 'story': {
      const { topic, pages, redrawPage } = verdict.parsed
      if (redrawPage !== undefined) return { kind: 'page', page: redrawPage - 1, drawing: settings, ...said }
      const many = pages === undefined ? {} : { pages: Math.min(maxPages, Math.max(1, pages)) }
      return { kind: 'story', words: text, title: topic, ...many, drawing: settings, ...said }
    }
    case 'illustrate':
      return {
        kind: 'illustrate',
        text: asWritten(text, verdict.parsed.text),
        pictures: usualPages,
        drawing: settings,
        ...said,
      }
    case 'design':
      return { kind: 'design', design: verdict.parsed.kind, words: text, drawing: settings, ...said }
    case 'subject':
    case 'control':
      return { kind: verdict.route, words: verdict.parsed.wish, drawing: settings, ...said }
    case 'again':
      if (!context.hasPicture) return chat(text, routed)
      return verdict.parsed.change === ''
        ? { kind: 'again', drawing: settings, ...said }
        : { kind: 'chat', text, change: verdict.parsed.change, drawing: settings, ...said }
    case 'undo': {
      const { steps } = verdict.parsed
      return { kind: 'undo', steps: steps === 'all' ? Infinity : steps }
    }
    case 'redo':
      return { kind: 'redo', steps: verdict.parsed.steps }
    case 'branch':
    case 'compare':
    case 'cancel':
    case 'recipe':
    case 'help':
      return { kind: verdict.route }
  }
}
