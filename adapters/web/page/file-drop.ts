import { useEffect, useRef, useState } from 'preact/hooks'

/** Takes files that are dropped or pasted anywhere on the page; true while some are held over it. */
export function useFileDrop(take: (files: readonly File[]) => void): boolean {
  const [over, setOver] = useState(false)
  const taken = useRef(take)
  taken.current = take
  useEffect(() => {
    let depth = 0 // enter and leave come for every element on the way
    const listeners = {
      dragenter(event: DragEvent) {
        if (!bringsFiles(event)) return
        depth += 1
        setOver(true)
      },
      dragleave(event: DragEvent) {
        if (!bringsFiles(event)) return
        depth = Math.max(0, depth - 1)
        setOver(depth > 0)
      },
      dragover(event: DragEvent) {
        if (bringsFiles(event)) event.preventDefault()
      },
      drop(event: DragEvent) {
        if (!bringsFiles(event)) return
        event.preventDefault()
        depth = 0
        setOver(false)
        taken.current([...(event.dataTransfer?.files ?? [])])
      },
      paste(event: ClipboardEvent) {
        const files = [...(event.clipboardData?.files ?? [])]
        if (files.length === 0) return
        event.preventDefault()
        taken.current(files)
      },
    }
    const all = Object.entries(listeners) as [string, EventListener][]
    for (const [name, listener] of all) addEventListener(name, listener)
    return () => {
      for (const [name, listener] of all) removeEventListener(name, listener)
    }
  }, [])
  return over
}

const bringsFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') === true
