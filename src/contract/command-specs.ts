import { designKinds } from './job.ts'
import { languages } from './language.ts'
import { editEngines, samplerNames } from './picture-requests.ts'

/** What a value of an option is, as far as a platform can check it; the bot checks the rest. */
export type OptionShape =
  | { readonly type: 'text' }
  | { readonly type: 'number'; readonly min: number; readonly max: number; readonly whole: boolean }
  | { readonly type: 'choice'; readonly choices: readonly string[] }
  | { readonly type: 'switch' }

/** A file that a command takes beside its options. */
export type CommandFile = 'image' | 'mask'

/** A command as platforms list it; what it says of itself stands in the catalogue (`commands`). */
export interface CommandSpec {
  /** What is said in words: the name of that option where words are one. Absent: the command takes none. */
  readonly words?: { readonly name: string; readonly required: boolean }
  readonly files: readonly CommandFile[]
  readonly options: readonly string[]
  /** Its answer is for the person who asked alone, where a platform can do that. */
  readonly isPrivate: boolean
  /** Offered to those who may manage the place alone; the bot checks it again. */
  readonly isForAdmins: boolean
}

const text: OptionShape = { type: 'text' }
const toggle: OptionShape = { type: 'switch' }
const whole = (min: number, max: number): OptionShape => ({ type: 'number', min, max, whole: true })
const share = (max: number): OptionShape => ({ type: 'number', min: 0, max, whole: false })
const oneOf = (choices: readonly string[]): OptionShape => ({ type: 'choice', choices })

/** Every option that a platform offers; those of a picture's mask as a file, or as JSON, are not among them. */
export const optionShapes: Readonly<Record<string, OptionShape>> = {
  seed: whole(0, 2 ** 32 - 1),
  steps: whole(1, 150),
  guidance: share(30),
  negative: text,
  count: whole(1, 4),
  size: text,
  ratio: text,
  sampler: oneOf(samplerNames),
  style: text,
  raw: toggle,
  strength: share(1),
  engine: oneOf(editEngines),
  confirm: toggle,
  restore: toggle,
  lora: text,
  mllm: text,
  t2i: text,
  'inpaint-model': text,
  scale: share(4),
  preprocess: oneOf(['canny', 'as-is']),
  start: share(1),
  end: share(1),
  pages: whole(1, 12),
  pictures: whole(1, 12),
  kind: oneOf(designKinds),
  source: text,
  weights: text,
  left: text,
  top: text,
  right: text,
  bottom: text,
  all: text,
  boxes: text,
  cells: text,
  alpha: toggle,
  grow: whole(0, 512),
  feather: whole(0, 512),
  invert: toggle,
  language: oneOf(languages),
  spoiler: toggle,
  scope: oneOf(['thread', 'channel', 'me']),
  for: oneOf(['server', 'channel']),
  jobs: whole(0, 1_000_000),
  'jobs-day': whole(0, 1_000_000),
  'server-jobs': whole(0, 1_000_000),
  'server-jobs-day': whole(0, 1_000_000),
}

const drawing = [
  'seed',
  'steps',
  'guidance',
  'negative',
  'count',
  'size',
  'ratio',
  'sampler',
  'style',
  'raw',
  'lora',
  'spoiler',
]
const models = ['mllm', 't2i']
const making = [...drawing, ...models]
const work = making.filter((name) => name !== 'size' && name !== 'ratio')
const mask = ['boxes', 'cells', 'alpha', 'grow', 'feather', 'invert']
const without = (names: readonly string[], name: string) => names.filter((one) => one !== name)

type Parts = Partial<CommandSpec>

const spec = ({
  files = [],
  options = [],
  isPrivate = false,
  isForAdmins = false,
  words,
}: Parts = {}): CommandSpec => ({
  ...{ files, options, isPrivate, isForAdmins },
  ...(words ? { words } : {}),
})
const required = (name: string) => ({ name, required: true })
const optional = (name: string) => ({ name, required: false })

/** Every command: its words, files and options. */
export const commandSpecs = {
  imagine: spec({ words: required('prompt'), options: making }),
  describe: spec({ words: optional('question'), files: ['image'] }),
  similar: spec({ words: optional('words'), files: ['image'], options: making }),
  edit: spec({
    words: required('change'),
    files: ['image', 'mask'],
    options: [...without(work, 'count'), 'strength', 'engine', 'confirm', 'restore', 'source', 'weights', ...mask],
  }),
  restyle: spec({ words: optional('words'), files: ['image'], options: [...work, 'strength'] }),
  variations: spec({
    files: ['image'],
    options: ['seed', 'mllm', 't2i', 'lora', 'count', 'strength', 'steps', 'guidance', 'sampler'],
  }),
  inpaint: spec({
    words: optional('words'),
    files: ['image', 'mask'],
    options: [...work, 'inpaint-model', 'strength', 'restore', ...mask],
  }),
  outpaint: spec({
    words: optional('where'),
    files: ['image'],
    options: [...work, 'inpaint-model', 'restore', 'left', 'top', 'right', 'bottom', 'all', 'ratio'],
  }),
  restore: spec({ files: ['image'], options: ['seed', 'scale'] }),
  subject: spec({ words: required('prompt'), files: ['image'], options: [...making, 'scale'] }),
  control: spec({
    words: required('prompt'),
    files: ['image'],
    options: [...making, 'scale', 'preprocess', 'start', 'end'],
  }),
  story: spec({ words: required('topic'), options: [...without(making, 'count'), 'pages'] }),
  illustrate: spec({ words: required('text'), options: [...without(making, 'count'), 'pictures'] }),
  design: spec({ words: required('topic'), options: [...making, 'kind'] }),
  settings: spec({
    words: optional('action'),
    options: [
      ...without(making, 'seed'),
      ...['inpaint-model', 'confirm', 'engine', 'strength', 'restore', 'language', 'scope'],
    ],
    isPrivate: true,
  }),
  cancel: spec({ isPrivate: true }),
  undo: spec({ words: optional('exchanges'), isPrivate: true }),
  redo: spec({ words: optional('exchanges'), isPrivate: true }),
  branch: spec(),
  compare: spec(),
  recipe: spec({ isPrivate: true }),
  export: spec({ isPrivate: true }),
  forget: spec({ words: optional('confirm'), isPrivate: true }),
  admin: spec({
    words: optional('action'),
    options: ['for', 'jobs', 'jobs-day', 'server-jobs', 'server-jobs-day'],
    isPrivate: true,
    isForAdmins: true,
  }),
  help: spec({ isPrivate: true }),
} as const satisfies Readonly<Record<string, CommandSpec>>
