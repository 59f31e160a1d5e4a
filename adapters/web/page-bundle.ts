import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build, stop } from 'esbuild'

/** A file that the page loads; its name holds the hash of its content. */
export interface Asset {
  readonly path: string
  readonly mediaType: string
  readonly content: string
}

export type PageBundle = Readonly<Record<'script' | 'style' | 'icon', Asset>>

/** Makes the page's three files in memory from adapters/web/page. Takes some 100 ms. */
export async function buildPage(): Promise<PageBundle> {
  const { outputFiles } = await build({
    entryPoints: { app: pageFile('main.tsx'), style: pageFile('styles/main.css') },
    outdir: '/assets',
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
  })
  await stop() // the page is made once; the compiler's process need not stay
  const output = (extension: string): string => outputFiles.find((file) => file.path.endsWith(extension))?.text ?? ''
  return {
    script: asset('app', 'js', 'text/javascript; charset=utf-8', output('.js')),
    style: asset('style', 'css', 'text/css; charset=utf-8', output('.css')),
    icon: asset('icon', 'svg', 'image/svg+xml', await readFile(pageFile('icon.svg'), 'utf8')),
  }
}

const pageFile = (name: string): string => fileURLToPath(new URL(`page/${name}`, import.meta.url))

function asset(name: string, extension: string, mediaType: string, content: string): Asset {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 12)
  return { path: `/assets/${name}-${hash}.${extension}`, mediaType, content }
}
