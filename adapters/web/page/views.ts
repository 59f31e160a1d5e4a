import { createContext } from 'preact'
import { useContext } from 'preact/hooks'

/** Ways to look closer at a picture of the thread. */
export interface Views {
  enlarge(imageId: string): void
  showRecipe(imageId: string): void
}

export const ViewsContext = createContext<Views>({ enlarge: () => undefined, showRecipe: () => undefined })

export const useViews = (): Views => useContext(ViewsContext)
