import type { Command } from 'commander'
import { AppError } from '../contract/errors.ts'
import { addFlags, botOptions, drawingFlags, type FlagValues } from './drawing-flags.ts'
import { runOnce } from './one-shot.ts'

interface ReplyOptions {
  readonly json?: boolean
  readonly out?: string
}

type ImagineOptions = ReplyOptions & FlagValues & { readonly subject?: string; readonly control?: string }

const jsonFlag = ['--json', 'events as JSON lines on stdout'] as const

/** imagine, describe and ask: one request, one reply, nothing kept. */
export function addAskCommands(program: Command): void {
  addFlags(
    program
      .command('imagine')
      .description('draw a wish; prints the path of each picture on stdout')
      .argument('<wish...>', 'what to draw')
      .option('--out <file>', 'where to write the picture: a file or a folder (default: a readable name here)'),
    [...drawingFlags, 'count', 'size', 'ratio'],
  )
    .option('--subject <file>', 'a picture whose subject is to appear; more in: llmga subject --help')
    .option('--control <file>', 'a picture along whose outlines is drawn; more in: llmga control --help')
    .option(...jsonFlag)
    .addHelpText(
      'after',
      `
Examples:
  llmga imagine "a red car" --seed 7 --steps 25 --out car.png
  llmga imagine a yellow star at night --count 4 --out stars/
  llmga imagine "a big red car on the left, on a city street with tall buildings, cartoon style" --raw`,
    )
    .action((wish: string[], options: ImagineOptions) => imagine(program, wish.join(' '), options))
  program
    .command('describe')
    .description('say what a picture shows')
    .argument('<file>', 'PNG, JPEG or WebP')
    .option(...jsonFlag)
    .addHelpText('after', '\nExample:\n  llmga describe cat.png')
    .action((file: string, { json }: ReplyOptions) =>
      runOnce(program, { text: '', command: { name: 'describe', options: {} }, images: [file], json: json ?? false }),
    )
  program
    .command('ask')
    .description('ask about a picture, or have it changed in words')
    .argument('<file>', 'PNG, JPEG or WebP')
    .argument('<question...>', 'the question')
    .option('--out <file>', 'where to write a picture that the answer brings')
    .option(...jsonFlag)
    .addHelpText(
      'after',
      '\nExamples:\n  llmga ask cat.png "what is this?"\n  llmga ask cat.png generate a similar image --out similar.png',
    )
    .action((file: string, question: string[], { json, out }: ReplyOptions) =>
      runOnce(program, { text: question.join(' '), images: [file], json: json ?? false, out }),
    )
}

/** A wish after a picture is the bot's command for that. Throws nothing: what is refused is told. */
function imagine(
  program: Command,
  text: string,
  { json = false, out, subject, control, ...drawing }: ImagineOptions,
): Promise<void> {
  const file = subject ?? control
  const name = subject !== undefined ? 'subject' : control !== undefined ? 'control' : 'imagine'
  return runOnce(program, {
    text,
    command: { name, options: botOptions(drawing) },
    images: file === undefined ? [] : [file],
    wantsPicture: true,
    json,
    out,
    async prepare() {
      if (subject === undefined || control === undefined) return {}
      throw new AppError('input/invalid-option', {
        message: '--subject and --control were given together',
        hint: 'Choose one of them.',
      })
    },
  })
}
