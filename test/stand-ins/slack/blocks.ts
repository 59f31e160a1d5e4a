import { checkElement } from './elements.ts'
import { asList, asText, isObject, lengthOf, type JsonObject } from './json.ts'
import { checkPlain, checkText, type Complain } from './text-objects.ts'

export interface BlockRules {
  readonly where: 'message' | 'modal'
  /** Whether a file may be shown: it is there, and Slack has finished with it. */
  readonly fileReady: (idOrUrl: string) => boolean
}

/**
 * What Slack has against a list of blocks, in its own form; empty when nothing. Limits:
 * https://docs.slack.dev/reference/block-kit/blocks
 */
export function complaintsAbout(blocks: unknown, rules: BlockRules): readonly string[] {
  const complaints: string[] = []
  const complain: Complain = (pointer, what) => complaints.push(`[ERROR] ${what} [json-pointer:${pointer}]`)
  if (!Array.isArray(blocks)) return ['[ERROR] must be an array [json-pointer:/blocks]']
  const most = rules.where === 'message' ? 50 : 100
  if (blocks.length > most) complain('/blocks', `no more than ${most} items allowed`)
  const ids = new Set<string>()
  for (const [i, block] of blocks.entries()) {
    const at = `/blocks/${i}`
    if (!isObject(block)) {
      complain(at, 'must be an object')
      continue
    }
    checkBlock(block, at, complain, rules)
    const id = asText(block['block_id'])
    if (lengthOf(id) > 255) complain(`${at}/block_id`, 'must be less than 256 characters')
    if (id !== '' && ids.has(id)) complain(`${at}/block_id`, `duplicate block_id "${id}"`)
    ids.add(id)
  }
  const markdown = blocks.filter(isObject).filter(({ type }) => type === 'markdown')
  const characters = markdown.reduce((sum, block) => sum + lengthOf(asText(block['text'])), 0)
  if (characters > 12_000) complain('/blocks', 'markdown must be less than 12001 characters in all')
  return complaints
}

type Check = (block: JsonObject, at: string, complain: Complain, rules: BlockRules) => void

const checks: Readonly<Record<string, Check>> = {
  section(block, at, complain, rules) {
    const fields = block['fields']
    if (block['text'] === undefined && fields === undefined) complain(at, 'missing required field: text')
    if (block['text'] !== undefined) checkText(block['text'], `${at}/text`, 3000, complain)
    if (asList(fields).length > 10) complain(`${at}/fields`, 'no more than 10 items allowed')
    asList(fields).forEach((field, i) => checkText(field, `${at}/fields/${i}`, 2000, complain))
    if (isObject(block['accessory'])) checkElement(block['accessory'], `${at}/accessory`, complain, rules.fileReady)
  },
  context(block, at, complain, rules) {
    const elements = asList(block['elements'])
    if (elements.length < 1 || elements.length > 10) complain(`${at}/elements`, 'must have 1 to 10 items')
    elements.forEach((element, i) => {
      if (element['type'] === 'image') checkElement(element, `${at}/elements/${i}`, complain, rules.fileReady)
      else checkText(element, `${at}/elements/${i}`, 2000, complain)
    })
  },
  actions(block, at, complain, rules) {
    const elements = asList(block['elements'])
    if (elements.length < 1 || elements.length > 25) complain(`${at}/elements`, 'must have 1 to 25 items')
    elements.forEach((element, i) => checkElement(element, `${at}/elements/${i}`, complain, rules.fileReady))
    const ids = elements.map(({ action_id }) => action_id).filter((id) => id !== undefined)
    if (new Set(ids).size < ids.length) complain(`${at}/elements`, 'action_id must be unique in the block')
  },
  image(block, at, complain, rules) {
    checkElement(block, at, complain, rules.fileReady)
    if (block['title'] !== undefined) checkPlain(block['title'], `${at}/title`, 2000, complain)
  },
  header: (block, at, complain) => checkPlain(block['text'], `${at}/text`, 150, complain),
  divider: () => undefined,
  input(block, at, complain, { fileReady, where }) {
    checkPlain(block['label'], `${at}/label`, 2000, complain)
    if (block['hint'] !== undefined) checkPlain(block['hint'], `${at}/hint`, 2000, complain)
    if (!isObject(block['element'])) return complain(at, 'missing required field: element')
    if (where === 'message' && block['element']['type'] === 'file_input') complain(at, 'file_input only in modals')
    checkElement(block['element'], `${at}/element`, complain, fileReady)
  },
  markdown(block, at, complain) {
    if (asText(block['text']) === '') complain(`${at}/text`, 'must be more than 0 characters')
  },
  rich_text(block, at, complain) {
    if (asList(block['elements']).length === 0) complain(`${at}/elements`, 'must have at least 1 item')
  },
}

const checkBlock: Check = (block, at, complain, rules) => {
  const check = checks[asText(block['type'])]
  if (check) check(block, at, complain, rules)
  else complain(`${at}/type`, `unsupported type: ${JSON.stringify(block['type'])}`)
}

/** What Slack has against a view (https://docs.slack.dev/reference/views/modal-views). */
export function complaintsAboutView(view: unknown, fileReady: BlockRules['fileReady']): readonly string[] {
  if (!isObject(view)) return ['[ERROR] must be an object [json-pointer:/view]']
  const complaints = [...complaintsAbout(view['blocks'], { where: 'modal', fileReady })]
  const complain: Complain = (pointer, what) => complaints.push(`[ERROR] ${what} [json-pointer:${pointer}]`)
  if (view['type'] !== 'modal') complain('/view/type', 'must be "modal"')
  checkPlain(view['title'], '/view/title', 24, complain)
  for (const name of ['submit', 'close'] as const)
    if (view[name] !== undefined) checkPlain(view[name], `/view/${name}`, 24, complain)
  if (lengthOf(asText(view['callback_id'])) > 255) complain('/view/callback_id', 'must be less than 256 characters')
  if (lengthOf(asText(view['private_metadata'])) > 3000)
    complain('/view/private_metadata', 'must be less than 3001 characters')
  const asks = asList(view['blocks']).some(({ type }) => type === 'input')
  if (asks && view['submit'] === undefined) complain('/view', 'submit is required with input blocks')
  return complaints
}
