import { Command, CommanderError } from 'commander'
import { addAskCommands } from './ask-commands.ts'
import { addBookCommands } from './book-commands.ts'
import { addChatCommand } from './chat-command.ts'
import { addConfigCommand } from './config-command.ts'
import { addConfigFlags } from './config-flags.ts'
import { exitCodeMeanings, exitCodeOf, exitCodes } from './exit-codes.ts'
import { addDoctorCommand } from './doctor-command.ts'
import { addDataCommands } from './data-commands.ts'
import { addModelsCommand } from './models-command.ts'
import { tellError } from './output.ts'
import { addPlatformCommands } from './platform-commands.ts'
import { addPictureCommands } from './picture-commands.ts'
import { addRecipeCommand } from './recipe-command.ts'
import { addReplayCommand } from './replay-command.ts'
import { addStatusCommand } from './status-command.ts'
import { addScreenCommand } from './screen-command.ts'

const exitCodeHelp = Object.entries(exitCodeMeanings)
  .map(([name, meaning]) => `  ${String(exitCodes[name as keyof typeof exitCodes]).padStart(3)}  ${meaning}`)
  .join('\n')

const help = `
Examples:
  llmga imagine "a red car" --seed 7 --steps 25 --out car.png
  llmga describe cat.png
  llmga edit car.png make it blue --out blue.png
  llmga inpaint car.png "a boat" --box 25%,25%,50%,50%
  llmga outpaint car.png --right 50%
  llmga story a fox --pages 3 --out fox/
  llmga ask cat.png "what is this?"
  llmga chat
  llmga chat --once "draw a red fox in the snow" --json
  llmga recipe car.png && llmga replay car.png

Exit codes:
    0  done
${exitCodeHelp}

Settings (devices, models, folders, limits) are flags, LLMGA_* variables or a file: see llmga config --help.
The page in the browser is started by "npm start". Pictures and words go to stdout, progress and errors to stderr.`

/** The command line `llmga`. Every setting can be given as a flag; each command has its own --help. */
export function createProgram(version: string): Command {
  const program = new Command('llmga')
    .description('Talk with a multimodal language model that draws: LLMGA on this machine, offline.')
    .version(version)
    .showHelpAfterError('(llmga --help, or llmga COMMAND --help, shows what there is)')
    .addHelpText('after', help)
  addChatCommand(program)
  addAskCommands(program)
  addPictureCommands(program)
  addBookCommands(program)
  addRecipeCommand(program)
  addReplayCommand(program)
  addScreenCommand(program)
  addModelsCommand(program)
  addConfigCommand(program)
  addDoctorCommand(program)
  addStatusCommand(program)
  addPlatformCommands(program)
  addDataCommands(program)
  addConfigFlags(program, { inHelp: false })
  return program
}

/** Runs a command line (without node and script) and leaves the exit code in process.exitCode. Never throws. */
export async function runProgram(program: Command, args: readonly string[]): Promise<void> {
  for (const command of [program, ...program.commands.flatMap((c) => [c, ...c.commands])]) command.exitOverride()
  try {
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    // commander has printed its own message
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : exitCodes.usage
    else process.exitCode = exitCodeOf(tellError(error).code)
  }
}
