import { Zip, ZipDeflate, ZipPassThrough } from 'fflate'
import type { ThreadExport } from '../contract/adapter.ts'
import type { Block, ConversationState, ImageNode, Turn } from '../contract/conversation.ts'
import { AppError } from '../contract/errors.ts'
import type { BlobStore } from '../conversation/blobs.ts'
import { history } from '../conversation/thread.ts'

/** A file of the zip; its bytes are read when its turn comes. */
interface Entry {
  readonly path: string
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly bytes: () => Promise<Uint8Array | undefined>
}

/**
 * A thread as a zip: `thread.md`, `thread.json`, `pictures/`, `masks/`, `recipes/` and `files/`. The same thread gives
 * the same bytes; one file at a time is in memory. Without `pictures` the folders of pictures, masks and files stay out.
 */
export function exportThread(blobs: BlobStore, state: ConversationState, { pictures = true } = {}): ThreadExport {
  const names = pictureNames(state)
  const texts = [...textEntries(state, names), ...recipeEntries(state, names)]
  const entries = pictures ? [...texts, ...pictureEntries(blobs, state, names), ...fileEntries(blobs, state)] : texts
  return { name: `${safeName(state.title, 60) || 'thread'}.zip`, mediaType: 'application/zip', chunks: zipped(entries) }
}

/** The whole zip, when it has at most `limitBytes`. */
export async function exportWithin({ chunks }: ThreadExport, limitBytes: number): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const chunk of chunks) {
    size += chunk.length
    if (size > limitBytes) return undefined
    parts.push(chunk)
  }
  return new Uint8Array(Buffer.concat(parts))
}

async function* zipped(entries: readonly Entry[]): AsyncGenerator<Uint8Array> {
  let ready: Uint8Array[] = []
  const zip = new Zip((error, chunk) => {
    if (error) throw new AppError('internal', { message: 'the zip could not be made', cause: error })
    ready.push(chunk)
  })
  const taken = () => {
    const chunks = ready
    ready = []
    return chunks
  }
  for (const { path, at, bytes } of entries) {
    const content = await bytes()
    if (!content) continue
    const isPacked = !/\.(md|json|html)$/.test(path)
    const file = isPacked ? new ZipPassThrough(path) : new ZipDeflate(path, { level: 6 })
    file.mtime = inUtc(at)
    zip.add(file)
    file.push(content, true)
    yield* taken()
  }
  zip.end()
  yield* taken()
}

/** A zip has local times: the same figures in every time zone; it knows none before 1980. */
function inUtc(at: number): Date {
  const time = new Date(Math.max(at, Date.UTC(1980, 0, 2)))
  const day = [time.getUTCFullYear(), time.getUTCMonth(), time.getUTCDate()] as const
  return new Date(...day, time.getUTCHours(), time.getUTCMinutes(), time.getUTCSeconds())
}

/** Words as a part of a file's name: letters and digits of any script, joined by hyphens. */
const safeName = (words: string, limit: number): string =>
  [
    ...(
      words
        .normalize('NFC')
        .toLowerCase()
        .match(/[\p{L}\p{N}]+/gu) ?? []
    ).join('-'),
  ]
    .slice(0, limit)
    .join('')
    .replace(/-$/, '')

const inOrder = <T extends { readonly createdAt: number; readonly id: string }>(nodes: Iterable<T>): readonly T[] =>
  [...nodes].sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1))

const livePictures = ({ images }: ConversationState): readonly ImageNode[] =>
  inOrder(Object.values(images)).filter(({ deletedAt }) => deletedAt === undefined)

type Names = ReadonlyMap<string, string>

/** `001-a-red-fox` for each picture, in the order in which they came. */
function pictureNames(state: ConversationState): Names {
  const named = livePictures(state).map((image, index) => {
    const words = safeName(image.recipe?.wish ?? image.recipe?.prompt ?? image.name?.replace(/\.\w+$/, '') ?? '', 40)
    return [image.id, `${String(index + 1).padStart(3, '0')}-${words || 'picture'}`] as const
  })
  return new Map(named)
}

const extensions: Readonly<Record<string, string>> = { 'image/jpeg': 'jpg', 'image/webp': 'webp', 'image/gif': 'gif' }
const pictureFile = ({ id, mediaType }: ImageNode, names: Names) =>
  `pictures/${names.get(id)}.${extensions[mediaType] ?? 'png'}`

function pictureEntries(blobs: BlobStore, state: ConversationState, names: Names): readonly Entry[] {
  return livePictures(state).flatMap((image): readonly Entry[] => {
    const { maskSha256, sha256, createdAt: at } = image
    const picture: Entry = { path: pictureFile(image, names), at, bytes: () => blobs.read(sha256) }
    const mask = { path: `masks/${names.get(image.id)}.png`, at, bytes: async () => blobs.read(maskSha256!) }
    return maskSha256 === undefined ? [picture] : [picture, mask]
  })
}

const encoded = (text: string) => async () => new TextEncoder().encode(text)
const asJson = (value: unknown) => encoded(`${JSON.stringify(value, null, 2)}\n`)

const recipeEntries = (state: ConversationState, names: Names): readonly Entry[] =>
  livePictures(state).flatMap(({ id, recipe, createdAt: at }) =>
    recipe ? [{ path: `recipes/${names.get(id)}.json`, at, bytes: asJson(recipe) }] : [],
  )

function fileEntries(blobs: BlobStore, state: ConversationState): readonly Entry[] {
  const files = inOrder(Object.values(state.turns)).flatMap(({ files = [], createdAt }) =>
    files.map((file) => ({ ...file, createdAt })),
  )
  return files.map(({ name, sha256, createdAt: at }, index) => {
    const [, stem = '', extension = ''] = /^(.*?)(\.\w{1,8})?$/s.exec(name) ?? []
    const path = `files/${String(index + 1).padStart(3, '0')}-${safeName(stem, 40) || 'file'}${extension.toLowerCase()}`
    return { path, at, bytes: () => blobs.read(sha256) }
  })
}

function textEntries(state: ConversationState, names: Names): readonly Entry[] {
  const at = state.updatedAt
  return [
    { path: 'thread.md', at, bytes: encoded(asMarkdown(state, names)) },
    { path: 'thread.json', at, bytes: asJson(asData(state, names)) },
  ]
}

const speakerOf = ({ role, author }: Turn) => (role === 'assistant' ? 'LLMGA' : (author?.name ?? 'Somebody'))

/** The history that is shown, as people read it. */
function asMarkdown(state: ConversationState, names: Names): string {
  const turns = history(state).map((turn) =>
    [`## ${speakerOf(turn)}, ${new Date(turn.createdAt).toISOString()}`, ...turn.blocks.flatMap(blockText)].join(
      '\n\n',
    ),
  )
  function blockText(block: Block): readonly string[] {
    if (block.type === 'text') return [block.text]
    const ids = block.type === 'upload' ? [block.imageId] : block.imageIds
    const shown = ids.flatMap((id) => {
      const image = state.images[id]
      return image && names.has(id) ? [`![${names.get(id)}](${pictureFile(image, names)})`] : []
    })
    return block.type === 'picture' && block.prompt !== '' ? [`> ${block.prompt}`, ...shown] : shown
  }
  return `# ${state.title}\n\n${turns.join('\n\n')}\n`
}

/** Every turn, those that were taken back too, and every picture, without what only the bot needs. */
function asData(state: ConversationState, names: Names) {
  const shown = new Set(history(state).map(({ id }) => id))
  return {
    title: state.title,
    createdAt: new Date(state.createdAt).toISOString(),
    settings: state.settings,
    turns: inOrder(Object.values(state.turns)).map((turn) => ({
      id: turn.id,
      ...(turn.parentId === undefined ? {} : { parentId: turn.parentId }),
      speaker: speakerOf(turn),
      role: turn.role,
      at: new Date(turn.createdAt).toISOString(),
      shown: shown.has(turn.id),
      blocks: turn.blocks,
    })),
    pictures: livePictures(state).map((image) => ({
      id: image.id,
      ...(image.parentId === undefined ? {} : { parentId: image.parentId }),
      file: pictureFile(image, names),
      width: image.width,
      height: image.height,
      operation: image.operation,
      by: image.author.name,
      at: new Date(image.createdAt).toISOString(),
    })),
  }
}
