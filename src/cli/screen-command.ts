import type { Command } from 'commander'
import { readAttachment } from '../../adapters/terminal/files.ts'
import type { Config } from '../../config/schema.ts'
import { AppError } from '../contract/errors.ts'
import type { Screening } from '../contract/safety.ts'
import { configOf } from './config-flags.ts'
import { exitCodes } from './exit-codes.ts'
import { onInterrupt } from './interrupts.ts'
import { quietLog } from './one-shot.ts'
import { printJson, printLine } from './output.ts'

/** screen: what the safety checker says about a picture; exit code 11 when it flags it. */
export function addScreenCommand(program: Command): void {
  program
    .command('screen')
    .description('look at a picture with the safety checker (LLMGA_SAFETY); exit code 11 when it is flagged')
    .argument('<file>', 'PNG, JPEG, WebP or GIF')
    .option('--json', 'the result as one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  llmga screen car.png --safety stable-diffusion-safety-checker
  llmga screen car.png --json`,
    )
    .action((file: string, { json }: { readonly json?: boolean }) => screen(program, file, json ?? false))
}

async function screen(program: Command, file: string, json: boolean): Promise<void> {
  const config = quietLog(configOf(program))
  const { source } = await readAttachment(file, config.limitUploadBytes)
  const screening = await screened(config, 'bytes' in source ? source.bytes : new Uint8Array())
  if (json) printJson({ file, ...screening })
  else printLine(described(screening))
  if (screening.flagged) process.exitCode = exitCodes.flagged
}

const described = ({ flagged, concepts, specialCare }: Screening): string => {
  if (!flagged) return 'not flagged'
  const list = concepts.map(({ concept, score }) => `${concept} (+${score})`).join(', ')
  return `flagged: concepts ${list}${specialCare.length > 0 ? ', with special care' : ''}`
}

/** Asks the safety model alone. Throws AppError `model/not-found` where none is set up, and as the pipeline does. */
async function screened(config: Config, image: Uint8Array): Promise<Screening> {
  const { composeInference, createLog } = await import('../compose.ts') // the models' side is large
  const { inference } = composeInference(config, createLog(config))
  const controller = new AbortController()
  const stopListening = onInterrupt(() => controller.abort())
  try {
    for await (const event of inference.run({ kind: 'screen', image }, { signal: controller.signal })) {
      if (event.type === 'error') throw AppError.fromJSON(event.error)
      if (event.type === 'done' && event.result.screening) return event.result.screening
    }
    throw new AppError('inference/failed', { message: 'the safety checker said nothing' })
  } finally {
    stopListening()
    await inference.stop()
  }
}
