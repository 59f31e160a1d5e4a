import { complaintsAboutView } from './blocks.ts'
import { fileReadyIn } from './files.ts'
import { asList, jsonArg, SlackRefusal, textArg, type Args, type JsonObject, type SlackView } from './json.ts'
import type { Method, MethodContext } from './methods.ts'
import { withBlockIds, type OpenView, type SlackState } from './state.ts'

/** How long a trigger may be used. */
export const triggerLifeMs = 3000

/** Forms: opened by a trigger that dies soon, replaced, or put on top of each other (at most three). */
export const viewMethods: Readonly<Record<string, Method>> = {
  'views.open': (args, context) => ({ view: open(args, context, undefined) }),
  'views.push'(args, context) {
    const { userId } = triggerOf(args, context.state)
    const top = topView(context.state, userId)
    if (!top) throw new SlackRefusal('not_found')
    if (top.below !== undefined && context.state.views.get(top.below)?.below !== undefined)
      throw new SlackRefusal('push_limit_reached')
    return { view: open(args, context, top.id) }
  },
  'views.update'(args, { state }) {
    const open = state.views.get(textArg(args, 'view_id') ?? '')
    if (!open) throw new SlackRefusal('not_found')
    const hash = textArg(args, 'hash')
    if (hash !== undefined && hash !== open.hash) throw new SlackRefusal('hash_conflict')
    open.view = checkedView(jsonArg(args, 'view'), state)
    open.hash = state.id('h')
    return { view: viewToSlack(open, state) }
  },
}

/** The view that a person looks at. */
export const topView = (state: SlackState, userId: string): OpenView | undefined =>
  [...state.views.values()].filter((view) => view.userId === userId).at(-1)

export function checkedView(view: unknown, state: SlackState): SlackView {
  const complaints = complaintsAboutView(view, fileReadyIn(state))
  if (complaints.length > 0) throw new SlackRefusal('invalid_arguments', complaints)
  const blocks = withBlockIds(state, asList((view as SlackView)['blocks']))
  return { ...(view as SlackView), blocks }
}

function open(args: Args, context: MethodContext, below: string | undefined): JsonObject {
  const { state } = context
  const trigger = triggerOf(args, state)
  const view = checkedView(jsonArg(args, 'view'), state)
  if (below === undefined) closeViews(state, trigger.userId)
  state.triggers.delete(textArg(args, 'trigger_id')!)
  const id = state.id('V')
  const opened = { id, userId: trigger.userId, teamId: trigger.teamId, hash: state.id('h'), view, below }
  state.views.set(id, opened)
  return viewToSlack(opened, state)
}

export function closeViews(state: SlackState, userId: string): void {
  for (const view of state.views.values()) if (view.userId === userId) state.views.delete(view.id)
}

function triggerOf(args: Args, state: SlackState) {
  const trigger = state.triggers.get(textArg(args, 'trigger_id') ?? '')
  if (!trigger) throw new SlackRefusal('invalid_trigger_id')
  if (Date.now() - trigger.madeAt > triggerLifeMs) throw new SlackRefusal('expired_trigger_id')
  return trigger
}

export function viewToSlack(open: OpenView, state: SlackState): JsonObject {
  const { id, teamId, hash, view, below } = open
  const ids = { id, team_id: teamId, app_id: state.appId, bot_id: state.botId, hash, root_view_id: below ?? id }
  return { private_metadata: '', callback_id: '', external_id: '', ...view, ...ids, previous_view_id: below ?? null }
}
