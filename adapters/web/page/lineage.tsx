import { useEffect, useRef, useState } from 'preact/hooks'
import type { WirePicture, WireThread } from '../wire.ts'
import { Dialog, DialogHead } from './dialog.tsx'
import { Icon } from './icons.tsx'
import { layoutLineage, neighbour } from './lineage-layout.ts'
import type { LineageLayout, PlacedPicture } from './lineage-layout.ts'
import { operationNames } from './operation-names.ts'

interface LineageProps {
  readonly thread: WireThread
  /** Makes a picture the current one; what is said next goes on from it. */
  readonly goTo: (imageId: string) => void
  readonly compare: (beforeId: string, afterId: string) => void
  readonly enlarge: (imageId: string) => void
  readonly close: () => void
}

const columnRem = 8.5
const rowRem = 8.75

/** Where every picture of the thread came from. Arrow keys walk the tree, Enter or a double click goes on from a picture. */
export function Lineage({ thread, goTo, compare, enlarge, close }: LineageProps) {
  const layout = layoutLineage(thread.pictures)
  const head = thread.headImageId
  const [chosenId, choose] = useState(head ?? layout.placed.at(-1)?.picture.imageId)
  const tree = useRef<HTMLDivElement>(null)
  const chosen = layout.placed.find(({ picture }) => picture.imageId === chosenId)?.picture
  useEffect(() => {
    tree.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus()
  }, [chosenId])
  const press = (event: KeyboardEvent): void => {
    if (chosenId === undefined) return
    const next = neighbour(layout, chosenId, event.key)
    if (next !== undefined) choose(next)
    else if (event.key === 'Enter' && chosen?.deleted === false) goTo(chosenId)
    else if (!/^(Arrow|Home$|End$)/.test(event.key)) return
    event.preventDefault()
  }
  return (
    <Dialog label="Pictures of this thread" class="lineage" close={close}>
      <DialogHead title="Pictures of this thread" close={close} />
      <div class="lineage-scroll">
        <div
          class="lineage-tree"
          role="tree"
          aria-label="What came from what"
          ref={tree}
          style={{ gridTemplateColumns: `repeat(${layout.columns}, ${columnRem}rem)`, gridAutoRows: `${rowRem}rem` }}
          onKeyDown={press}
        >
          <Edges layout={layout} />
          {layout.placed.map((place) => (
            <Node
              key={place.picture.imageId}
              place={place}
              current={place.picture.imageId === head}
              chosen={place.picture.imageId === chosenId}
              choose={() => choose(place.picture.imageId)}
              goTo={() => goTo(place.picture.imageId)}
            />
          ))}
        </div>
      </div>
      {chosen !== undefined && (
        <div class="lineage-foot">
          <p>
            <strong>{operationNames[chosen.operation].done}</strong> · {chosen.width} × {chosen.height}
            {chosen.words !== undefined && <span class="lineage-words">“{chosen.words}”</span>}
          </p>
          {chosen.deleted ? (
            <p class="fine">This picture was deleted.</p>
          ) : (
            <div class="control-row">
              {chosen.imageId !== head && (
                <button type="button" class="button primary" onClick={() => goTo(chosen.imageId)}>
                  <Icon name="branch" /> Go on from here
                </button>
              )}
              {head !== undefined && chosen.imageId !== head && (
                <button type="button" class="button" onClick={() => compare(chosen.imageId, head)}>
                  <Icon name="compare" /> Compare with current
                </button>
              )}
              <button type="button" class="button" onClick={() => enlarge(chosen.imageId)}>
                <Icon name="expand" /> Enlarge
              </button>
            </div>
          )}
        </div>
      )}
    </Dialog>
  )
}

interface NodeProps {
  readonly place: PlacedPicture
  readonly current: boolean
  readonly chosen: boolean
  readonly choose: () => void
  readonly goTo: () => void
}

const Node = ({ place: { picture, row, column }, current, chosen, choose, goTo }: NodeProps) => (
  <div
    role="treeitem"
    class={`lineage-node ${current ? 'current' : ''}`}
    style={{ gridRow: row + 1, gridColumn: column + 1 }}
    aria-level={column + 1}
    aria-selected={chosen}
    aria-current={current ? 'true' : undefined}
    aria-label={nodeWords(picture, current)}
    tabIndex={chosen ? 0 : -1}
    title={picture.words ?? picture.alt}
    onClick={choose}
    onDblClick={() => picture.deleted || goTo()}
  >
    <span class="lineage-operation">{operationNames[picture.operation].done}</span>
    {picture.deleted ? (
      <span class="lineage-deleted">deleted</span>
    ) : (
      <img src={picture.url} alt="" loading="lazy" class={picture.sensitive ? 'sensitive' : undefined} />
    )}
  </div>
)

const nodeWords = (picture: WirePicture, current: boolean): string =>
  [
    operationNames[picture.operation].done,
    picture.words ?? picture.alt,
    ...(picture.deleted ? ['deleted'] : []),
    ...(current ? ['current picture'] : []),
  ].join(', ')

/** Lines from each picture to those that came from it, in units of cells. */
function Edges({ layout: { placed, columns, rows } }: { readonly layout: LineageLayout }) {
  const lines = placed.flatMap(({ picture, column, row }) => {
    const from = placed.find((other) => other.picture.imageId === picture.parentId)
    if (from === undefined) return []
    const [x, y] = [from.column + 0.85, from.row + 0.56]
    return [`M${x} ${y}H${column + 0.02}V${row + 0.56}H${column + 0.15}`]
  })
  return (
    <svg
      class="lineage-edges"
      style={{ width: `${columns * columnRem}rem`, height: `${rows * rowRem}rem` }}
      viewBox={`0 0 ${columns} ${rows}`}
      preserveAspectRatio="none"
      aria-hidden="true"
      focusable="false"
    >
      <path d={lines.join('')} />
    </svg>
  )
}
