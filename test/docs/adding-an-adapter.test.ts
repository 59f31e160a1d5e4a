import { transform } from 'esbuild'
import type { Adapter } from '../../src/contract/adapter.ts'
import type { Attachment } from '../../src/contract/incoming.ts'
import type { Control } from '../../src/contract/outgoing.ts'
import { adapterContract } from '../contracts/adapter.ts'
import { codeBlock } from './code-block.ts'

/** What the document's code exports. */
interface BoardModule {
  readonly createBoardAdapter: () => {
    readonly adapter: Adapter
    readonly replies: ReadonlyMap<string, Posted>
    readonly refusals: readonly string[]
    pin(text: string, attachments: readonly Attachment[]): Promise<void>
    press(actionId: string, values: Record<string, string>): Promise<unknown>
  }
}

interface Posted {
  readonly messages: readonly string[]
  readonly images: readonly Uint8Array[]
  readonly files: readonly Uint8Array[]
  readonly progress: string | undefined
  readonly controls: { readonly controls: readonly Control[] }
}

const { code } = await transform(codeBlock('adding-an-adapter.md', 'ts'), { loader: 'ts', format: 'esm' })
const { createBoardAdapter } = (await import(
  /* @vite-ignore */ `data:text/javascript;base64,${Buffer.from(code).toString('base64')}`
)) as BoardModule

adapterContract("document's board", async (bot) => {
  const board = createBoardAdapter()
  await board.adapter.start(bot)
  const newest = () => [...board.replies.values()].at(-1)
  const control = (label: string) => newest()?.controls.controls.find((one) => one.label === label)
  const press = async ({ actionId, fields: [field] = [] }: Control, value?: string) => {
    await board.press(actionId, field && value !== undefined ? { [field.name]: value } : {})
  }
  return {
    adapter: board.adapter,
    write: (text, files = []) =>
      board.pin(
        text,
        files.map(({ name, bytes }) => ({ name, source: { bytes } })),
      ),
    press: (label, value) => press(control(label)!, value),
    cancel: () => press(newest()!.controls.controls[0]!),
    seen: async () => ({
      messages: [...(newest()?.messages ?? []), ...board.refusals],
      images: newest()?.images ?? [],
      files: newest()?.files ?? [],
      progress: newest()?.progress,
      controls: newest()?.controls.controls.map(({ label }) => label) ?? [],
    }),
    stop: () => board.adapter.stop(),
  }
})
