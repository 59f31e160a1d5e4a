import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const root = path.resolve(import.meta.dirname, '../..')

/** Files of src/bot whose words are not shown to people, each with the reason. */
const notShown: Readonly<Record<string, string>> = {
  'src/bot/route-words/': 'words that people write, to be understood',
  'src/bot/design-kinds.ts': 'words that people write, and what the language model is asked',
  'src/bot/book-html.ts': 'markup; its words are the book’s',
}

/** Texts that look like sentences and are none, each with the reason. */
const noSentences: Readonly<Record<string, string>> = {
  'server, channel': 'values of an option, written as they are',
  Somebody: 'stands for a name in a file for programs and archives',
}

/** Codes of errors that a person is told by their code alone (src/language/error-sentence.ts). */
const toldByCode = /^(internal|config|storage|weights|model|inference)(\/|$)/

function filesBelow(folder: string): readonly string[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const file = path.posix.join(folder, entry.name)
    return entry.isDirectory() ? filesBelow(file) : file.endsWith('.ts') ? [file] : []
  })
}

/** Words one after the other, or a capital letter before small ones: what a person would read as a sentence or label. */
const looksSaid = (text: string): boolean =>
  /(?<!\p{L})\p{Lu}\p{Ll}+/u.test(text) || /\p{L}{2,}[,;:]? \p{L}+/u.test(text) || /\p{Script=Han}/u.test(text)

type Text = ts.StringLiteralLike | ts.TemplateExpression

const wordsOf = (node: Text): string =>
  ts.isTemplateExpression(node)
    ? [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join('…')
    : node.text

/** Whether the text is of a log, of an error that is told by its code, of a type, or a name. */
function isUnseen(node: ts.Node): boolean {
  for (let up: ts.Node | undefined = node; up; up = up.parent) {
    if (ts.isImportDeclaration(up) || ts.isExportDeclaration(up) || ts.isTypeNode(up)) return true
    if (ts.isPropertyAssignment(up.parent) && up.parent.name === up) return true
    if (ts.isCallExpression(up) && /^(\w+\.)*log\.\w+$/.test(up.expression.getText())) return true
    if (ts.isCallExpression(up) && /^z\./.test(up.expression.getText())) return true
    if (ts.isNewExpression(up)) return isToldByCode(up)
    if (ts.isStatement(up) || ts.isSourceFile(up)) return false
  }
  return false
}

function isToldByCode({ expression, arguments: given }: ts.NewExpression): boolean {
  if (expression.getText() === 'Error') return true // becomes AppError `internal`
  const [code] = given ?? []
  return expression.getText() === 'AppError' && !!code && ts.isStringLiteral(code) && toldByCode.test(code.text)
}

/** Sentences that a file says in one language. */
function saidIn(file: string, text: string): readonly string[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    const isText = ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)
    const isSaid = isText && looksSaid(wordsOf(node)) && !Object.hasOwn(noSentences, wordsOf(node))
    if (isSaid && !isUnseen(node)) found.push(`${file}: ${wordsOf(node)}`)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

describe('a sentence for people', () => {
  it('stands in the catalogues, and nowhere in src/bot', () => {
    const files = filesBelow('src/bot').filter((file) => !Object.keys(notShown).some((name) => file.startsWith(name)))
    expect(files.flatMap((file) => saidIn(file, readFileSync(path.join(root, file), 'utf8')))).toEqual([])
  })

  it.each([
    [`run.emit({ type: 'notice', text: 'Nothing changed.' })`, 1],
    ['const label = `Upscale ×${scale}`', 1],
    [`throw new AppError('input/empty', { message: 'the title is empty' })`, 1],
    [`const words = '画一张'`, 1],
    [`log.warn({ job }, 'a reply was not shown')`, 0],
    [`throw new AppError('internal', { message: 'the bot is stopping' })`, 0],
    [`const kind = 'image-to-image'`, 0],
  ])('would be found: %s', (code, count) => {
    expect(saidIn('some.ts', code)).toHaveLength(count)
  })
})
