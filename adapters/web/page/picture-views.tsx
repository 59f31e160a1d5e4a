import { createContext } from 'preact'
import type { ComponentChildren } from 'preact'
import { useContext, useMemo, useState } from 'preact/hooks'
import type { WireImage, WireThread } from '../wire.ts'
import { Lightbox } from './lightbox.tsx'
import { RecipePanel } from './recipe-panel.tsx'

interface Views {
  enlarge(imageId: string): void
  showRecipe(imageId: string): void
}

const ViewsContext = createContext<Views>({ enlarge: () => undefined, showRecipe: () => undefined })

/** Ways to look closer at a picture of the thread. */
export const useViews = (): Views => useContext(ViewsContext)

interface PictureViewsProps {
  readonly thread: WireThread | undefined
  readonly children: ComponentChildren
}

/** Holds the lightbox and the recipe panel of the pictures shown inside. */
export function PictureViews({ thread, children }: PictureViewsProps) {
  const [enlarged, setEnlarged] = useState<string>()
  const [cooking, setCooking] = useState<string>()
  const views = useMemo<Views>(() => ({ enlarge: setEnlarged, showRecipe: setCooking }), [])
  const images = thread === undefined ? [] : imagesOf(thread)
  const index = images.findIndex((image) => image.imageId === enlarged)
  const recipe = images.find((image) => image.imageId === cooking)?.recipe
  return (
    <ViewsContext.Provider value={views}>
      {children}
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
  const all = thread.entries.flatMap((entry) => {
    if (entry.type === 'person') return entry.images
    return entry.reply.parts.flatMap((part) => (part.type === 'images' ? part.images : []))
  })
  return [...new Map(all.map((image) => [image.imageId, image])).values()]
}
