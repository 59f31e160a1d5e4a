import { routeNames, type RouteName } from '../contract/job.ts'
import { refuse } from '../language/refuse.ts'

const imageKinds = [
  'redo',
  'variations',
  'similar',
  'recipe',
  'delete',
  'edit',
  'inpaint',
  'branch',
  'compare',
] as const
const turnKinds = ['apply', 'stronger', 'weaker', 'remask', 'rewords', 'undo'] as const
const blockKinds = ['draw', 'page'] as const
const jobKinds = ['cancel', 'retry'] as const
export const outpaintSides = ['left', 'up', 'right', 'down', 'all'] as const
export type OutpaintSide = (typeof outpaintSides)[number]

type ImageKind = (typeof imageKinds)[number]

/** What a control does; its action id is the kind and what it works on. */
export type Action =
  | { readonly [Kind in ImageKind]: { readonly kind: Kind; readonly imageId: string } }[ImageKind]
  | { readonly kind: 'restore'; readonly imageId: string; readonly scale: 1 | 2 | 4 }
  | { readonly kind: 'outpaint'; readonly imageId: string; readonly side: OutpaintSide }
  /** On the reply of an edit, proposed or done. */
  | { readonly kind: (typeof turnKinds)[number]; readonly turnId: string }
  /** On the prompt, or the page, with this number (from 0) of a reply. */
  | { readonly kind: (typeof blockKinds)[number]; readonly turnId: string; readonly block: number }
  | { readonly kind: (typeof jobKinds)[number]; readonly jobId: string }
  | { readonly kind: 'route'; readonly jobId: string; readonly route: RouteName }
  /** Delete everything that is kept of the person who presses. */
  | { readonly kind: 'forget' }

/** `redo:ID`, `draw:TURN:BLOCK`, …: at most 100 characters (ids are at most 40). */
export function actionIdOf(action: Action): string {
  switch (action.kind) {
    case 'restore':
      return `restore:${action.imageId}:${action.scale}`
    case 'outpaint':
      return `outpaint:${action.imageId}:${action.side}`
    case 'draw':
    case 'page':
      return `${action.kind}:${action.turnId}:${action.block}`
    case 'route':
      return `route:${action.jobId}:${action.route}`
    case 'forget':
      return 'forget:everything'
    default:
      return `${action.kind}:${'imageId' in action ? action.imageId : 'turnId' in action ? action.turnId : action.jobId}`
  }
}

/** Inverse of actionIdOf. Throws AppError `input/not-found` for what it did not write. */
export function parseActionId(actionId: string): Action {
  const [kind = '', id = '', ...rest] = actionId.split(':')
  const action = id === '' ? undefined : readAction(kind, id, rest.join(':'))
  if (action) return action
  throw refuse('input/not-found', 'noAction', { action: actionId.slice(0, 100) })
}

const among = <T extends string>(names: readonly T[], name: string): T | undefined => names.find((one) => one === name)

function readAction(kind: string, id: string, argument: string): Action | undefined {
  const onImage = among(imageKinds, kind)
  if (onImage) return { kind: onImage, imageId: id }
  const onTurn = among(turnKinds, kind)
  if (onTurn) return { kind: onTurn, turnId: id }
  const onJob = among(jobKinds, kind)
  if (onJob) return { kind: onJob, jobId: id }
  const onBlock = among(blockKinds, kind)
  if (onBlock) return /^\d{1,4}$/.test(argument) ? { kind: onBlock, turnId: id, block: Number(argument) } : undefined
  if (kind === 'forget') return { kind }
  if (kind === 'restore') {
    const scale = ([1, 2, 4] as const).find((one) => String(one) === argument)
    return scale && { kind, imageId: id, scale }
  }
  if (kind === 'outpaint') {
    const side = among(outpaintSides, argument)
    return side && { kind, imageId: id, side }
  }
  const route = kind === 'route' ? among(routeNames, argument) : undefined
  return route && { kind: 'route', jobId: id, route }
}
