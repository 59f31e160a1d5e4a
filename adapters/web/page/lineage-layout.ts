import type { WirePicture } from '../wire.ts'

/** A picture at its place in the tree: columns go on from the first pictures, rows down from the oldest branch. */
export interface PlacedPicture {
  readonly picture: WirePicture
  readonly column: number
  readonly row: number
}

export interface LineageLayout {
  readonly placed: readonly PlacedPicture[]
  readonly columns: number
  readonly rows: number
}

/** The pictures as a tree (a forest: each upload and each fresh wish begins one). Deleted ones stay while others came from them. */
export function layoutLineage(pictures: readonly WirePicture[]): LineageLayout {
  const ids = new Set(pictures.map(({ imageId }) => imageId))
  const children = (imageId: string): readonly WirePicture[] =>
    inOrder(pictures.filter((picture) => picture.parentId === imageId && picture.imageId !== imageId)).filter(lives)
  const lives = (picture: WirePicture): boolean => !picture.deleted || children(picture.imageId).length > 0
  const placed: PlacedPicture[] = []
  let rows = 0
  /** Places a picture and all that came from it; the first child stands right beside it. */
  const place = (picture: WirePicture, column: number): void => {
    placed.push({ picture, column, row: rows })
    const next = children(picture.imageId)
    if (next.length === 0) rows += 1
    for (const child of next) place(child, column + 1)
  }
  const roots = inOrder(pictures.filter(({ parentId }) => parentId === undefined || !ids.has(parentId)))
  for (const root of roots.filter(lives)) place(root, 0)
  return { placed, rows, columns: Math.max(0, ...placed.map(({ column }) => column + 1)) }
}

const inOrder = (pictures: readonly WirePicture[]): readonly WirePicture[] =>
  pictures.toSorted((a, b) => a.createdAt - b.createdAt)

/** The picture that an arrow key leads to: left to where it came from, right to what came of it, up and down beside it. */
export function neighbour({ placed }: LineageLayout, imageId: string, key: string): string | undefined {
  const here = placed.find(({ picture }) => picture.imageId === imageId)
  if (here === undefined) return undefined
  const column = placed.filter((other) => other.column === here.column).sort((a, b) => a.row - b.row)
  const at = column.indexOf(here)
  switch (key) {
    case 'ArrowLeft':
      return placed.find(({ picture }) => picture.imageId === here.picture.parentId)?.picture.imageId
    case 'ArrowRight':
      return placed.find(({ picture }) => picture.parentId === imageId)?.picture.imageId
    case 'ArrowUp':
      return column[at - 1]?.picture.imageId
    case 'ArrowDown':
      return column[at + 1]?.picture.imageId
    case 'Home':
      return placed[0]?.picture.imageId
    case 'End':
      return placed.at(-1)?.picture.imageId
    default:
      return undefined
  }
}
