import { asList, asText, isObject, type JsonObject } from './json.ts'
import { checkLength, checkOptional, checkPlain, checkText, type Complain } from './text-objects.ts'

type FileReady = (idOrUrl: string) => boolean
type Check = (element: JsonObject, at: string, complain: Complain, fileReady: FileReady) => void

/** Elements of blocks and their limits: https://docs.slack.dev/reference/block-kit/block-elements */
export const checkElement: Check = (element, at, complain, fileReady) => {
  const check = checks[asText(element['type'])]
  if (!check) return complain(`${at}/type`, `unsupported type: ${JSON.stringify(element['type'])}`)
  check(element, at, complain, fileReady)
  checkOptional(element['action_id'], `${at}/action_id`, 255, complain)
  if (element['placeholder'] !== undefined) checkPlain(element['placeholder'], `${at}/placeholder`, 150, complain)
  if (element['confirm'] !== undefined) checkConfirm(element['confirm'], `${at}/confirm`, complain)
}

const checks: Readonly<Record<string, Check>> = {
  button(element, at, complain) {
    checkPlain(element['text'], `${at}/text`, 75, complain)
    checkOptional(element['value'], `${at}/value`, 2000, complain)
    checkOptional(element['url'], `${at}/url`, 3000, complain)
    checkOptional(element['accessibility_label'], `${at}/accessibility_label`, 75, complain)
    if (element['style'] !== undefined && element['style'] !== 'primary' && element['style'] !== 'danger')
      complain(`${at}/style`, 'must be "primary" or "danger"')
  },
  static_select: (element, at, complain) => checkSelect(element, at, 100, complain),
  multi_static_select: (element, at, complain) => checkSelect(element, at, 100, complain),
  overflow: (element, at, complain) => checkSelect(element, at, 5, complain),
  radio_buttons: (element, at, complain) => checkSelect(element, at, 10, complain),
  checkboxes: (element, at, complain) => checkSelect(element, at, 10, complain),
  plain_text_input(element, at, complain) {
    checkOptional(element['initial_value'], `${at}/initial_value`, 3000, complain)
    const most = element['max_length']
    if (most !== undefined && (typeof most !== 'number' || most < 1 || most > 3000))
      complain(`${at}/max_length`, 'must be 1 to 3000')
  },
  number_input(element, at, complain) {
    if (typeof element['is_decimal_allowed'] !== 'boolean')
      complain(`${at}/is_decimal_allowed`, 'missing required field')
    for (const name of ['initial_value', 'min_value', 'max_value'] as const)
      if (element[name] !== undefined && !/^-?\d+(\.\d+)?$/.test(asText(element[name])))
        complain(`${at}/${name}`, 'must be a number as a string')
  },
  conversations_select: () => undefined,
  file_input(element, at, complain) {
    const most = element['max_files']
    if (most !== undefined && (typeof most !== 'number' || most < 1 || most > 10))
      complain(`${at}/max_files`, 'must be 1 to 10')
  },
  image(element, at, complain, fileReady) {
    checkLength(element['alt_text'], `${at}/alt_text`, 2000, complain)
    const file = element['slack_file']
    if (element['image_url'] !== undefined) return checkLength(element['image_url'], `${at}/image_url`, 3000, complain)
    if (!isObject(file)) return complain(at, 'image_url or slack_file is required')
    const id = file['id']
    if (id !== undefined && !/^F[A-Z0-9]{8,}$/.test(asText(id)))
      complain(`${at}/slack_file/id`, 'input must match regex pattern: ^[F][A-Z0-9]{8,}$')
    else if (!fileReady(asText(id ?? file['url']))) complain(`${at}/slack_file`, 'invalid slack file')
  },
}

function checkSelect(element: JsonObject, at: string, most: number, complain: Complain): void {
  const groups = asList(element['option_groups'])
  if (groups.length > 100) complain(`${at}/option_groups`, 'no more than 100 items allowed')
  groups.forEach((group, i) => {
    checkPlain(group['label'], `${at}/option_groups/${i}/label`, 75, complain)
    checkOptions(group['options'], `${at}/option_groups/${i}/options`, most, complain)
  })
  if (groups.length === 0) checkOptions(element['options'], `${at}/options`, most, complain)
  const initial = element['initial_option']
  const all = [...asList(element['options']), ...groups.flatMap((group) => asList(group['options']))]
  if (initial !== undefined && !all.some((option) => JSON.stringify(option) === JSON.stringify(initial)))
    complain(`${at}/initial_option`, 'must be one of the options')
}

function checkOptions(value: unknown, at: string, most: number, complain: Complain): void {
  const options = asList(value)
  if (options.length < 1 || options.length > most) complain(at, `must have 1 to ${most} items`)
  options.forEach((option, i) => {
    checkText(option['text'], `${at}/${i}/text`, 75, complain)
    checkLength(option['value'], `${at}/${i}/value`, 150, complain)
    if (option['description'] !== undefined) checkText(option['description'], `${at}/${i}/description`, 75, complain)
  })
  const values = options.map((option) => option['value'])
  if (new Set(values).size < values.length) complain(at, 'values must be unique')
}

function checkConfirm(value: unknown, at: string, complain: Complain): void {
  if (!isObject(value)) return complain(at, 'must be an object')
  checkPlain(value['title'], `${at}/title`, 100, complain)
  checkText(value['text'], `${at}/text`, 300, complain)
  checkPlain(value['confirm'], `${at}/confirm`, 30, complain)
  checkPlain(value['deny'], `${at}/deny`, 30, complain)
}
