import type { Block, ConversationState, ImageNode, Turn } from '../contract/conversation.ts'
import type { Job } from '../contract/job.ts'
import { allHashes } from './images.ts'
import { moveHead, titleFrom } from './thread.ts'

/** What of a thread is a person's, and the thread without it. */
export interface Forgotten {
  /** Absent where nobody else has said anything: the whole thread goes. */
  readonly rest?: ConversationState
  /** What the person said, and their pictures that are not deleted. */
  readonly turns: number
  readonly pictures: number
  readonly jobIds: readonly string[]
  /** Content hashes that the thread does not show any more. */
  readonly released: readonly string[]
}

/**
 * Takes a person out of a thread: what they said, the answers to it, what they had drawn. What others said stays in its
 * order and hangs on what is left before it; who spoke first of them owns the thread then. Undefined where the thread
 * holds nothing of the person. `jobs` are those of the thread.
 */
export function forgetPerson(state: ConversationState, personId: string, jobs: readonly Job[]): Forgotten | undefined {
  const all = Object.values(state.turns)
  const said = all.filter(({ role, author }) => role === 'user' && author?.id === personId)
  const saidIds = new Set(said.map(({ id }) => id))
  const gone = jobs.filter(({ author, request }) => author.id === personId || saidIds.has(request.turnId))
  const jobIds = new Set(gone.map(({ id }) => id))
  const isGone = ({ id, role, parentId = '', jobId }: Turn) =>
    saidIds.has(id) || (role === 'assistant' && (jobIds.has(jobId) || saidIds.has(parentId)))
  const turnIds = new Set(all.filter(isGone).map(({ id }) => id))
  const images = Object.values(state.images)
  const goneImages = images.filter(({ author, turnId }) => author.id === personId || turnIds.has(turnId))
  const imageIds = new Set(goneImages.map(({ id }) => id))
  if (turnIds.size + imageIds.size + jobIds.size === 0 && state.owner.id !== personId) return undefined
  const rest = withoutThese(state, turnIds, imageIds)
  const left = rest && ownedByOther(rest, personId)
  const shown = left ? allHashes(left) : new Set<string>()
  return {
    ...(left ? { rest: left } : {}),
    turns: said.length,
    pictures: goneImages.filter(({ author, deletedAt }) => author.id === personId && deletedAt === undefined).length,
    jobIds: [...jobIds],
    released: [...allHashes(state)].filter((sha256) => !shown.has(sha256)),
  }
}

type Ids = ReadonlySet<string>

/** The thread without some turns and pictures; undefined when nobody has said anything in what is left. */
function withoutThese(state: ConversationState, turnIds: Ids, imageIds: Ids): ConversationState | undefined {
  const turns = Object.values(state.turns)
    .filter(({ id }) => !turnIds.has(id))
    .map((turn) => withParent(withoutImages(turn, imageIds), survivor(state.turns, turn.parentId, turnIds)))
  if (!turns.some(({ role }) => role === 'user')) return undefined
  const images = Object.values(state.images)
    .filter(({ id }) => !imageIds.has(id))
    .map((image) => withParent(image, survivor(state.images, image.parentId, imageIds)))
  const newest = turns.reduce((last, turn) => (turn.createdAt > last.createdAt ? turn : last))
  const head = survivor(state.turns, state.headTurnId, turnIds) ?? newest.id
  const left = { ...state, turns: byId(turns), images: byId(images) }
  return moveHead(left, head)
}

const byId = <T extends { readonly id: string }>(nodes: readonly T[]): Readonly<Record<string, T>> =>
  Object.fromEntries(nodes.map((node) => [node.id, node]))

type Tree = Readonly<Record<string, { readonly parentId?: string }>>

/** The node itself, or what is left before it. */
function survivor(tree: Tree, id: string | undefined, gone: Ids): string | undefined {
  let at = id
  while (at !== undefined && gone.has(at)) at = tree[at]?.parentId
  return at
}

function withParent<T extends Turn | ImageNode>(node: T, parentId: string | undefined): T {
  const rest: Record<string, unknown> = { ...node, ...(parentId === undefined ? {} : { parentId }) }
  if (parentId === undefined) delete rest['parentId']
  return rest as unknown as T // the same node but for its parent
}

/** A turn that does not speak of pictures that are gone. */
function withoutImages(turn: Turn, gone: Ids): Turn {
  const { headImageId, proposal, compared, book, mask, ...rest } = turn
  return {
    ...rest,
    blocks: turn.blocks.flatMap((block) => blockWithout(block, gone)),
    ...(headImageId === undefined || gone.has(headImageId) ? {} : { headImageId }),
    ...(proposal && !gone.has(proposal.imageId) ? { proposal } : {}),
    ...(compared ? { compared: compared.filter((id) => !gone.has(id)) } : {}),
    ...(book ? { book: { ...book, pages: book.pages.map((page) => pageWithout(page, gone)) } } : {}),
    ...(mask && !gone.has(mask.imageId) ? { mask } : {}),
  }
}

function blockWithout(block: Block, gone: Ids): readonly Block[] {
  if (block.type === 'upload') return gone.has(block.imageId) ? [] : [block]
  if (block.type === 'text') return [block]
  return [{ ...block, imageIds: block.imageIds.filter((id) => !gone.has(id)) }]
}

type Page = NonNullable<Turn['book']>['pages'][number]

function pageWithout({ imageId, ...page }: Page, gone: Ids): Page {
  return imageId === undefined || gone.has(imageId) ? page : { ...page, imageId }
}

/** Whoever spoke first of those who are left; the title was the owner's words. */
function ownedByOther(state: ConversationState, personId: string): ConversationState {
  if (state.owner.id !== personId) return state
  const asked = Object.values(state.turns).filter(({ role, author }) => role === 'user' && author)
  const first = asked.reduce((one, turn) => (turn.createdAt < one.createdAt ? turn : one))
  const text = first.blocks.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join(' ')
  const { id, name } = first.author!
  return { ...state, owner: { id, name }, title: titleFrom(text) || 'Thread' }
}
