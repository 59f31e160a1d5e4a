import type { Command } from 'commander'
import { recipeText } from '../bot/answers.ts'
import { sentencesIn } from '../language/sentences.ts'
import { printJson, printLine } from './output.ts'
import { readPictureWithRecipe } from './pictures.ts'

export function addRecipeCommand(program: Command): void {
  program
    .command('recipe')
    .description('print how a picture was drawn, from the metadata of its PNG')
    .argument('<file>', 'a PNG that this program drew')
    .option('--json', 'as one JSON object')
    .addHelpText('after', '\nExamples:\n  llmga recipe car.png\n  llmga recipe car.png --json | jq .seed')
    .action(async (file: string, { json }: { json?: boolean }) => {
      const { recipe } = await readPictureWithRecipe(file)
      if (json) printJson(recipe)
      else printLine(recipeText(sentencesIn('en'), recipe))
    })
}
