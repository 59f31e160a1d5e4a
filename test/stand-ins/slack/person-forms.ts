import { viewDelivery } from './events.ts'
import { addFile, fileToSlack } from './files.ts'
import { asList, asObject, asText, isObject, type JsonObject, type SlackView } from './json.ts'
import type { MethodContext } from './methods.ts'
import { checkedView, topView, viewToSlack } from './methods-views.ts'
import type { Upload } from './person.ts'
import type { Delivery } from './socket-mode.ts'
import type { OpenView, SlackUser } from './state.ts'

/** What a field is filled with: words, the label of a choice, or files. */
export type Filled = string | readonly Upload[]

/** Forms in front of a person. */
export interface FormUse {
  /** The form that they look at. */
  form(): SlackView | undefined
  /** Labels of its fields, in order. */
  fields(): readonly string[]
  /**
   * Fills in fields by their labels (the others stay as they are) and sends the form. Resolves to what the bot has
   * against it, by label; nothing when it was taken.
   */
  submit(values?: Readonly<Record<string, Filled>>): Promise<Readonly<Record<string, string>>>
  closeForm(): Promise<void>
}

export function createFormUse(
  context: MethodContext,
  acknowledged: (delivery: Delivery) => Promise<Delivery>,
  user: SlackUser,
): FormUse {
  const { state } = context
  const inputs = (view: SlackView) => asList(view['blocks']).filter(({ type }) => type === 'input')
  const labelOf = (block: JsonObject): string => asText(asObject(block['label'])['text'])

  function top(): OpenView {
    const open = topView(state, user.id)
    if (!open) throw new Error(`${user.name} looks at no form`)
    return open
  }

  /** Does with the form what the acknowledgement says. Returns errors by label. */
  function settle(open: OpenView, answer: JsonObject): Readonly<Record<string, string>> {
    const action = answer['response_action']
    if (action === 'errors') {
      const errors = asObject(answer['errors'])
      const named = inputs(open.view).filter((block) => asText(block['block_id']) in errors)
      return Object.fromEntries(named.map((block) => [labelOf(block), asText(errors[asText(block['block_id'])])]))
    }
    if (action === 'update') open.view = checkedView(answer['view'], state)
    else if (action === 'push') {
      const id = state.id('V')
      state.views.set(id, { ...open, id, view: checkedView(answer['view'], state), below: open.id })
    } else if (action === 'clear') {
      for (const view of state.views.values()) if (view.userId === user.id) state.views.delete(view.id)
    } else state.views.delete(open.id)
    state.changed()
    return {}
  }

  return {
    form: () => topView(state, user.id)?.view,
    fields: () => inputs(top().view).map(labelOf),
    async submit(values = {}) {
      const open = top()
      const blocks = inputs(open.view)
      const unknown = Object.keys(values).filter((label) => !blocks.some((block) => labelOf(block) === label))
      if (unknown.length > 0) throw new Error(`no field ${unknown.join(', ')} among: ${blocks.map(labelOf).join(', ')}`)
      const filled = blocks.map((block) => {
        const element = asObject(block['element'])
        const value = valueOf(element, values[labelOf(block)], context, user)
        const isEmpty =
          ['value', 'selected_option', 'selected_conversation'].every((name) => value[name] == null) && !value['files']
        if (isEmpty && block['optional'] !== true) throw new Error(`${labelOf(block)}: Slack wants it filled in`)
        return [asText(block['block_id']), { [asText(element['action_id'])]: value }] as const
      })
      const view = { ...viewToSlack(open, state), state: { values: Object.fromEntries(filled) } }
      const { response } = await acknowledged(viewDelivery(context, user, 'view_submission', view))
      return settle(open, response ?? {})
    },
    async closeForm() {
      const open = top()
      state.views.delete(open.id)
      if (open.view['notify_on_close'] === true)
        await acknowledged(viewDelivery(context, user, 'view_closed', viewToSlack(open, state), { is_cleared: false }))
    },
  }
}

function valueOf(element: JsonObject, given: Filled | undefined, context: MethodContext, user: SlackUser): JsonObject {
  const type = asText(element['type'])
  if (type === 'file_input') {
    const files = (typeof given === 'string' ? [] : (given ?? [])).map((upload) =>
      addFile(context.state, { ...upload, bytes: Buffer.from(upload.bytes), teamId: user.teamId, user: user.id }),
    )
    return files.length > 0 ? { type, files: files.map((file) => fileToSlack(file, context)) } : { type }
  }
  if (type === 'plain_text_input' || type === 'number_input')
    return { type, value: typeof given === 'string' ? given : (element['initial_value'] ?? null) }
  if (type === 'conversations_select') {
    const named = [...context.state.channels.values()].find(({ name }) => name === given)
    return { type, selected_conversation: named?.id ?? null }
  }
  const wanted = asList(element['options']).find((option) => asText(asObject(option['text'])['text']) === given)
  if (given !== undefined && !wanted) throw new Error(`no choice ${JSON.stringify(given)}`)
  const chosen = wanted ?? (isObject(element['initial_option']) ? element['initial_option'] : null)
  return { type, selected_option: chosen }
}
