import type { Command } from 'commander'
import { runOnce } from './one-shot.ts'

interface ReplyOptions {
  readonly json?: boolean
  readonly out?: string
}

/** Beside them, the options of the drawing; the bot checks their values, so that every platform gives the same answer. */
interface ImagineOptions extends ReplyOptions {
  readonly [drawing: string]: string | boolean
}

const jsonFlag = ['--json', 'events as JSON lines on stdout'] as const

/** imagine, describe and ask: one request, one reply, nothing kept. */
export function addAskCommands(program: Command): void {
  program
    .command('imagine')
    .description('draw a wish; prints the path of each picture on stdout')
    .argument('<wish...>', 'what to draw')
    .option('--out <file>', 'where to write the picture: a file or a folder (default: a readable name here)')
    .option('--seed <n>', 'the same seed and options draw the same picture (default: a new one)')
    .option('--steps <n>', 'sampler steps')
    .option('--guidance <scale>', 'how closely the prompt is followed')
    .option('--negative <words>', 'what to avoid')
    .option('--count <n>', '1 to 4 pictures; the second goes to NAME-2.png and so on')
    .option('--size <WxH>', 'size in pixels, such as 128x128')
    .option('--ratio <W:H>', 'shape, such as 3:2')
    .option('--sampler <name>', 'ddim, pndm, euler, euler-a, dpmpp-2m or dpmpp-2m-karras')
    .option('--style <name>', 'a style preset')
    .option('--raw', "draw the words as they are, without the language model's refinement")
    .option(...jsonFlag)
    .addHelpText(
      'after',
      `
Examples:
  llmga imagine "a red car" --seed 7 --steps 25 --out car.png
  llmga imagine a yellow star at night --count 4 --out stars/
  llmga imagine "a big red car on the left, on a city street with tall buildings, cartoon style" --raw`,
    )
    .action((wish: string[], { json, out, ...options }: ImagineOptions) =>
      runOnce(program, {
        text: wish.join(' '),
        command: { name: 'imagine', options },
        wantsPicture: true,
        json: json ?? false,
        out,
      }),
    )
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
