import { readFileSync } from 'node:fs'

/** The first code block of a language in a document of docs/. */
export function codeBlock(document: string, language: string): string {
  const text = readFileSync(new URL(`../../docs/${document}`, import.meta.url), 'utf8')
  const found = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\n\`\`\``).exec(text)?.[1]
  if (found === undefined) throw new Error(`${document} has no block of ${language}`)
  return found
}
