import type { Command } from 'commander'
import { readAttachment } from '../../adapters/terminal/files.ts'
import { kindOfFile } from '../bot/model-pictures.ts'
import { AppError } from '../contract/errors.ts'
import type { Attachment, CommandName } from '../contract/incoming.ts'
import { configOf } from './config-flags.ts'
import { addFlags, botOptions, drawingFlags, type FlagName, type FlagValues } from './drawing-flags.ts'
import { addMaskFlags, maskHelp, readMaskFlags, type MaskFlags, type SaidMask } from './mask-options.ts'
import { drawWithSubject } from './draw-with-subject.ts'
import { runOnce } from './one-shot.ts'
import { takesSubject } from './subject-request.ts'
import { uprightSize } from './pictures.ts'

/** A command that works on one picture: it goes to the bot as the command of the same meaning. */
interface PictureVerb {
  readonly name: string
  readonly bot: CommandName
  readonly does: string
  /** Name of the words after the file; absent where it takes none, in brackets where they may be left out. */
  readonly words?: `<${string}...>` | `[${string}...]`
  readonly flags: readonly FlagName[]
  readonly masked?: boolean
  readonly examples: readonly string[]
}

const verbs: readonly PictureVerb[] = [
  {
    name: 'img2img',
    bot: 'restyle',
    does: 'draw a picture over by words: it begins from the picture instead of from noise',
    words: '[words...]',
    flags: [...drawingFlags, 'count', 'strength'],
    examples: ['llmga img2img sketch.png "a red house in the snow" --strength 0.7 --out house.png'],
  },
  {
    name: 'variations',
    bot: 'variations',
    does: 'draw pictures near a picture',
    flags: ['count', 'strength', 'seed', 'steps', 'guidance', 'sampler', 'lora'],
    examples: ['llmga variations car.png --count 2 --seed 7 --out cars/'],
  },
  {
    name: 'inpaint',
    bot: 'inpaint',
    does: 'draw the masked part of a picture anew; the rest keeps its pixels',
    words: '[words...]',
    flags: [...drawingFlags, 'count', 'strength', 'restore'],
    masked: true,
    examples: [
      'llmga inpaint car.png "a blue boat" --mask mask.png --out boat.png',
      'llmga inpaint car.png --box 25%,25%,50%,50% --feather 4 --seed 7',
    ],
  },
  {
    name: 'outpaint',
    bot: 'outpaint',
    does: 'extend a picture; its own pixels are kept',
    words: '[words...]',
    flags: [...drawingFlags, 'count', 'left', 'right', 'top', 'bottom', 'all', 'toRatio', 'restore'],
    examples: ['llmga outpaint car.png --right 50% --out wide.png', 'llmga outpaint car.png --ratio 16:9'],
  },
  {
    name: 'edit',
    bot: 'edit',
    does: 'change a picture by an instruction; what it does not speak of stays',
    words: '<instruction...>',
    flags: [...drawingFlags, 'strength', 'engine', 'source', 'weights', 'restore'],
    masked: true,
    examples: [
      'llmga edit car.png make it blue --out blue.png',
      'llmga edit car.png "a big blue car on a city street" --raw --source "a big red car on a city street"',
    ],
  },
  {
    name: 'restore',
    bot: 'restore',
    does: 'restore a picture with DiffRIR, at its own size or enlarged',
    flags: ['restoreScale', 'seed'],
    examples: ['llmga restore old.png --scale 2 --out new.png'],
  },
  {
    name: 'similar',
    bot: 'similar',
    does: 'look at a picture and draw a similar one',
    words: '[words...]',
    flags: [...drawingFlags, 'count', 'size', 'ratio'],
    examples: ['llmga similar cat.png --seed 3 --out second.png'],
  },
  {
    name: 'subject',
    bot: 'subject',
    does: 'draw the subject of a picture in a new one (IP-Adapter)',
    words: '<wish...>',
    flags: [...drawingFlags, 'count', 'size', 'ratio', 'subjectScale'],
    examples: ['llmga subject cat.png it on the beach --scale 0.8 --out beach.png'],
  },
  {
    name: 'control',
    bot: 'control',
    does: 'draw a wish along the outlines of a picture (ControlNet, canny)',
    words: '<wish...>',
    flags: [...drawingFlags, 'count', 'size', 'ratio', 'controlScale', 'preprocess', 'start', 'end'],
    examples: ['llmga control car.png "a blue car in the snow" --scale 0.9 --end 0.8'],
  },
]

/** img2img, variations, inpaint, outpaint, edit, restore, similar, subject, control: one picture in, pictures out. */
export function addPictureCommands(program: Command): void {
  for (const verb of verbs) addVerb(program, verb)
}

type PictureOptions = MaskFlags &
  FlagValues & {
    readonly json?: boolean
    readonly out?: string
    readonly subject?: string
    readonly subjectScale?: string
  }

function addVerb(program: Command, verb: PictureVerb): void {
  const command = program.command(verb.name).description(verb.does).argument('<file>', 'PNG, JPEG or WebP')
  if (verb.words) command.argument(verb.words, 'in your own words')
  command.option('--out <file>', 'where to write the picture: a file or a folder (default: a readable name here)')
  addFlags(command, verb.flags)
  if (verb.masked) addMaskFlags(command)
  if (takesSubject(verb.bot))
    command
      .option('--subject <file>', 'a picture whose subject is to appear; the words are then the whole prompt')
      .option('--subject-scale <0..4>', 'how strongly it shows (default: 1)')
  command
    .option('--json', 'events as JSON lines on stdout, with the details of each change')
    .addHelpText('after', `${verb.masked ? `${maskHelp}\n` : ''}\nExamples:\n  ${verb.examples.join('\n  ')}`)
    .action((file: string, second: readonly string[] | PictureOptions, third?: PictureOptions) =>
      verb.words
        ? work(program, verb, file, (second as readonly string[]).join(' '), third as PictureOptions)
        : work(program, verb, file, '', second as PictureOptions),
    )
}

async function work(program: Command, verb: PictureVerb, file: string, text: string, options: PictureOptions) {
  const { json = false, out, subject, subjectScale, ...rest } = options
  const { mask, alpha, box, stroke, cells, grow, feather, invert, saveMask, ...drawing } = rest
  const flags = { mask, alpha, box, stroke, cells, grow, feather, invert } as MaskFlags
  const read = async () => {
    const picture = await readAttachment(file, configOf(program).config.limitUploadBytes)
    const bytes = bytesOf(picture)
    const said: SaidMask = verb.masked ? await readMaskFlags(flags, uprightSize(bytes)) : { options: {} }
    if (verb.bot === 'inpaint') await needMask(said, bytes)
    return {
      picture,
      bytes,
      said,
      botCommand: { name: verb.bot, options: { ...botOptions(drawing), ...said.options } },
    }
  }
  if (subject !== undefined && takesSubject(verb.bot)) {
    const { bytes, said, botCommand } = await read()
    return drawWithSubject(
      program,
      { ...botCommand, command: verb.bot, prompt: text, image: bytes, maskImage: said.file?.bytes },
      { subject, subjectScale, out, json, saveMask },
    )
  }
  await runOnce(program, {
    text,
    wantsPicture: true,
    json,
    out,
    saveMask,
    async prepare() {
      const { picture, said, botCommand } = await read()
      const maskFile = said.file ? [{ name: said.file.name, source: { bytes: said.file.bytes } }] : []
      return { command: botCommand, attachments: [picture, ...maskFile] }
    },
  })
}

/** Throws AppError `input/empty` unless a mask was said or the picture has transparent parts. */
async function needMask({ file, options }: SaidMask, picture: Uint8Array): Promise<void> {
  if (file ?? options['mask']) return
  if ((await kindOfFile(picture)) === 'transparent') return
  throw new AppError('input/empty', {
    message: 'it is not said what is to be drawn anew',
    hint: 'Give --mask FILE, --box, --stroke or --cells: see llmga inpaint --help.',
  })
}

const bytesOf = ({ source }: Attachment): Uint8Array => ('bytes' in source ? source.bytes : new Uint8Array())
