import { readFile } from 'node:fs/promises'
import { text as readStream } from 'node:stream/consumers'
import type { Command } from 'commander'
import { AppError } from '../contract/errors.ts'
import { designKinds } from '../contract/job.ts'
import { addFlags, botOptions, drawingFlags, type FlagValues } from './drawing-flags.ts'
import { runOnce } from './one-shot.ts'

type BookOptions = FlagValues & { readonly json?: boolean; readonly out?: string; readonly file?: string }

const jsonFlag = ['--json', 'events as JSON lines on stdout'] as const
const folderFlag = ['--out <folder>', 'where pictures and the book (HTML) are written (default: here)'] as const

/** story, illustrate, design: several pictures, or one with the reasoning before it. */
export function addBookCommands(program: Command): void {
  addFlags(
    program
      .command('story')
      .description('write and draw a storybook: text and pictures in order, and the book as one HTML file')
      .argument('<topic...>', 'what it is about')
      .option(...folderFlag),
    ['pages', ...drawingFlags, 'size', 'ratio'],
  )
    .option(...jsonFlag)
    .addHelpText('after', '\nExample:\n  llmga story a fox in the snow --pages 3 --seed 7 --out fox/')
    .action((topic: string[], options: BookOptions) => runBook(program, 'story', topic.join(' '), options))

  addFlags(
    program
      .command('illustrate')
      .description('draw pictures for a text at fitting places; the text stays as it is')
      .argument('[text...]', 'the text; "-" reads it from stdin')
      .option('--file <file>', 'read the text from this file')
      .option(...folderFlag),
    ['pictures', ...drawingFlags, 'size', 'ratio'],
  )
    .option(...jsonFlag)
    .addHelpText('after', '\nExamples:\n  llmga illustrate --file tale.txt --pictures 2 --out tale/')
    .action((words: string[], options: BookOptions) => runBook(program, 'illustrate', words.join(' '), options))

  addFlags(
    program
      .command('design')
      .description('reason about a design, then draw it in the shape of its kind')
      .argument('<kind>', designKinds.join(', '))
      .argument('<brief...>', 'what it is for, and how it should be')
      .option('--out <file>', 'where to write the picture: a file or a folder (default: a readable name here)'),
    [...drawingFlags, 'count', 'size', 'ratio'],
  )
    .option(...jsonFlag)
    .addHelpText('after', '\nExample:\n  llmga design logo for a flower shop --seed 3 --out logo.png')
    .action((kind: string, brief: string[], { json = false, out, ...drawing }: BookOptions) =>
      runOnce(program, {
        text: brief.join(' '),
        command: { name: 'design', options: { ...botOptions(drawing), kind } },
        wantsPicture: true,
        json,
        out,
      }),
    )
}

function runBook(program: Command, name: 'story' | 'illustrate', words: string, options: BookOptions): Promise<void> {
  const { json = false, out, file, ...drawing } = options
  return runOnce(program, {
    text: words,
    json,
    out: out === undefined ? undefined : `${out}/`,
    drawsPictures: true,
    prepare: async () => ({
      text: await textOf(words, file),
      command: { name, options: botOptions(drawing) },
    }),
  })
}

/** Throws AppError `input/not-found` for a file that cannot be read. */
async function textOf(words: string, file: string | undefined): Promise<string> {
  if (words === '-') return readStream(process.stdin)
  if (file === undefined) return words
  return readFile(file, 'utf8').catch((cause: unknown) => {
    throw new AppError('input/not-found', { message: `${file} cannot be read`, hint: 'Check the path.', cause })
  })
}
