import type { WirePicture } from '../wire.ts'

/** A picture at its place in the tree: rows go down from the first pictures, columns from the oldest branch. */
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
  let columns = 0
  /** Places a picture and all that came from it; the first child stands right below. */
  const place = (picture: WirePicture, row: number): void => {
    placed.push({ picture, column: columns, row })
    const below = children(picture.imageId)
    if (below.length === 0) columns += 1
    for (const child of below) place(child, row + 1)
  }
  const roots = inOrder(pictures.filter(({ parentId }) => parentId === undefined || !ids.has(parentId)))
  for (const root of roots.filter(lives)) place(root, 0)
  return { placed, columns, rows: Math.max(0, ...placed.map(({ row }) => row + 1)) }
}

const inOrder = (pictures: readonly WirePicture[]): readonly WirePicture[] =>
  pictures.toSorted((a, b) => a.createdAt - b.createdAt)

/** The picture that an arrow key leads to: up to where it came from, down to what came of it, sideways in its row. */
export function neighbour({ placed }: LineageLayout, imageId: string, key: string): string | undefined {
  const here = placed.find(({ picture }) => picture.imageId === imageId)
  if (here === undefined) return undefined
  const row = placed.filter((other) => other.row === here.row).sort((a, b) => a.column - b.column)
  const at = row.indexOf(here)
  switch (key) {
    case 'ArrowUp':
      return placed.find(({ picture }) => picture.imageId === here.picture.parentId)?.picture.imageId
    case 'ArrowDown':
      return placed.find(({ picture }) => picture.parentId === imageId)?.picture.imageId
    case 'ArrowLeft':
      return row[at - 1]?.picture.imageId
    case 'ArrowRight':
      return row[at + 1]?.picture.imageId
    case 'Home':
      return placed[0]?.picture.imageId
    case 'End':
      return placed.at(-1)?.picture.imageId
    default:
      return undefined
  }
}
