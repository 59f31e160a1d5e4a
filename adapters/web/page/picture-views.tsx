import type { ComponentChildren } from 'preact'
import { useMemo, useState } from 'preact/hooks'
import type { WireImage, WireThread } from '../wire.ts'
import { CompareDialog } from './compare-dialog.tsx'
import { Lightbox } from './lightbox.tsx'
import { Lineage } from './lineage.tsx'
import { RecipePanel } from './recipe-panel.tsx'
import { picturesOf } from './reply-pictures.ts'
import { ViewsContext } from './views.ts'
import type { Views } from './views.ts'

interface PictureViewsProps {
  readonly thread: WireThread | undefined
  /** Whether the tree of pictures is open. */
  readonly lineage: boolean
  readonly closeLineage: () => void
  /** Makes a picture the current one. */
  readonly goTo: (imageId: string) => void
  readonly children: ComponentChildren
}

/** Holds what looks closer at the pictures shown inside: lightbox, recipe, comparison, and the tree. */
export function PictureViews({ thread, lineage, closeLineage, goTo, children }: PictureViewsProps) {
  const [enlarged, setEnlarged] = useState<string>()
  const [cooking, setCooking] = useState<string>()
  const [compared, setCompared] = useState<readonly [string, string]>()
  const views = useMemo<Views>(() => ({ enlarge: setEnlarged, showRecipe: setCooking }), [])
  const shown = thread === undefined ? [] : imagesOf(thread)
  const all = once([...shown, ...(thread?.pictures ?? []).filter(({ deleted }) => !deleted)])
  const images = shown.some(({ imageId }) => imageId === enlarged) ? shown : all
  const index = images.findIndex((image) => image.imageId === enlarged)
  const recipe = shown.find((image) => image.imageId === cooking)?.recipe
  const [before, after] = (compared ?? []).map((id) => all.find(({ imageId }) => imageId === id))
  return (
    <ViewsContext.Provider value={views}>
      {children}
      {thread !== undefined && lineage && (
        <Lineage
          thread={thread}
          goTo={(imageId) => {
            closeLineage()
            if (imageId !== thread.headImageId) goTo(imageId)
          }}
          compare={(beforeId, afterId) => setCompared([beforeId, afterId])}
          enlarge={setEnlarged}
          close={closeLineage}
        />
      )}
      {before !== undefined && after !== undefined && (
        <CompareDialog before={before} after={after} close={() => setCompared(undefined)} />
      )}
      {index >= 0 && (
        <Lightbox
          images={images}
          index={index}
          show={(next) => setEnlarged(images[next]?.imageId)}
          showRecipe={setCooking}
          close={() => setEnlarged(undefined)}
        />
      )}
      {recipe !== undefined && <RecipePanel recipe={recipe} close={() => setCooking(undefined)} />}
    </ViewsContext.Provider>
  )
}

/** Every picture of the thread once, in the order shown. */
function imagesOf(thread: WireThread): WireImage[] {
  return once(
    thread.entries.flatMap((entry) => (entry.type === 'person' ? entry.images : entry.reply.parts.flatMap(picturesOf))),
  )
}

const once = (images: readonly WireImage[]): WireImage[] =>
  [...new Map(images.toReversed().map((image) => [image.imageId, image])).values()].reverse()
