import { useLayoutEffect, useRef } from 'preact/hooks'
import type { Mark, Size } from './marks.ts'
import { makeCanvas, overlaySize, paintMark, paintMask } from './paint.ts'
import type { BaseMask } from './paint.ts'

interface OverlayProps {
  readonly picture: Size
  readonly marks: readonly Mark[]
  readonly live: Mark | undefined
  readonly base: BaseMask | undefined
}

/** The mask as a colour over the picture. What is finished is kept painted; only the live mark is added each time. */
export function Overlay({ picture, marks, live, base }: OverlayProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const finished = useRef<{ of?: readonly Mark[]; base?: BaseMask | undefined; context?: CanvasRenderingContext2D }>({})
  const { width, height } = overlaySize(picture)
  useLayoutEffect(() => {
    const context = canvas.current?.getContext('2d')
    if (context === null || context === undefined) return
    const kept = (finished.current.context ??= makeCanvas({ width, height }))
    if (finished.current.of !== marks || finished.current.base !== base) {
      paintMask(kept, marks, base)
      finished.current = { of: marks, base, context: kept }
    }
    context.globalCompositeOperation = 'copy'
    context.drawImage(kept.canvas, 0, 0)
    if (live !== undefined) paintMark(context, live)
  }, [marks, live, base, width, height])
  return <canvas ref={canvas} class="mask-overlay" width={width} height={height} aria-hidden="true" />
}
